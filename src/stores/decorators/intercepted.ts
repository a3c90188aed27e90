import type {HashOptions, MovingOptions, PartialFile, SourceFile, Store, StorePath} from '../store.js';

/** The calls that can be intercepted: those of Store, and those of the files that it opens. */
export type StoreMethod =
  | Exclude<keyof Store, 'name' | 'kind' | 'properties'>
  | `source.${Exclude<keyof SourceFile, 'entry'>}`
  | `partial.${Exclude<keyof PartialFile, 'foundBytes' | 'holds'>}`;

export interface StoreCall {
  readonly method: StoreMethod;
  readonly path: StorePath;
  /** The bytes that the call hands over: a chunk or an object. */
  readonly content?: Uint8Array;
}

/** Runs a call, or does not: `proceed` makes it, with other content where some is given, and tells of bytes that go over. */
export type Interceptor = <T>(
  call: StoreCall,
  proceed: (content?: Uint8Array, moving?: Pick<MovingOptions, 'onBytes'>) => Promise<T>,
) => Promise<T>;

/**
 * `store` with every call led through `around`. A listing and a proof count as one call for each value they give. Small
 * files are read one by one: `readFiles`, which reads many in one call, is left out.
 */
export function intercepted(store: Store, around: Interceptor): Store {
  const hash = store.hash?.bind(store);
  return {
    name: store.name,
    kind: store.kind,
    get properties() {
      return store.properties;
    },
    stat: (path, options) => around({method: 'stat', path}, () => store.stat(path, options)),
    list: (path, options) => each({method: 'list', path}, store.list(path, options), around),
    readLink: (path, options) => around({method: 'readLink', path}, () => store.readLink(path, options)),
    openSource: async (path, options) =>
      interceptedSource(
        path,
        await around({method: 'openSource', path}, () => store.openSource(path, options)),
        around,
      ),
    openPartial: async (partial, options) => {
      const call: StoreCall = {method: 'openPartial', path: partial.path};
      return interceptedPartial(partial.path, await around(call, () => store.openPartial(partial, options)), around);
    },
    putObject: (path, content, options) =>
      around({method: 'putObject', path, content}, (other = content) => store.putObject(path, other, options)),
    getObject: (path, maxBytes, options) =>
      around({method: 'getObject', path}, () => store.getObject(path, maxBytes, options)),
    putFiles: (files, options) =>
      around({method: 'putFiles', path: files[0]?.destination ?? ''}, () => store.putFiles(files, options)),
    makeDirectory: (path, options) => around({method: 'makeDirectory', path}, () => store.makeDirectory(path, options)),
    makeLink: (path, target, options) =>
      around({method: 'makeLink', path}, () => store.makeLink(path, target, options)),
    setAttributes: (path, attributes, options) =>
      around({method: 'setAttributes', path}, () => store.setAttributes(path, attributes, options)),
    rename: (path, to, options) => around({method: 'rename', path}, () => store.rename(path, to, options)),
    remove: (path, options) => around({method: 'remove', path}, () => store.remove(path, options)),
    removeTree: (path, options) => around({method: 'removeTree', path}, () => store.removeTree(path, options)),
    ...(hash === undefined
      ? {}
      : {hash: (path: StorePath, options?: HashOptions) => around({method: 'hash', path}, () => hash(path, options))}),
    freeSpace: (path, options) => around({method: 'freeSpace', path}, () => store.freeSpace(path, options)),
    close: () => around({method: 'close', path: ''}, () => store.close()),
  };
}

function interceptedSource(path: StorePath, source: SourceFile, around: Interceptor): SourceFile {
  return {
    entry: source.entry,
    read: (offset, length, options) =>
      around({method: 'source.read', path}, (_, moving) => source.read(offset, length, {...options, ...moving})),
    restat: (options) => around({method: 'source.restat', path}, () => source.restat(options)),
    close: () => around({method: 'source.close', path}, () => source.close()),
  };
}

function interceptedPartial(path: StorePath, partial: PartialFile, around: Interceptor): PartialFile {
  const holds = partial.holds?.bind(partial);
  return {
    foundBytes: partial.foundBytes,
    ...(holds === undefined ? {} : {holds}),
    write: (offset, chunk, options) =>
      around({method: 'partial.write', path, content: chunk}, (other = chunk, moving = {}) =>
        partial.write(offset, other, {...options, ...moving}),
      ),
    hash: (ranges, options) => each({method: 'partial.hash', path}, partial.hash(ranges, options), around),
    sync: (options) => around({method: 'partial.sync', path}, () => partial.sync(options)),
    publish: (options) => around({method: 'partial.publish', path}, () => partial.publish(options)),
    close: () => around({method: 'partial.close', path}, () => partial.close()),
  };
}

async function* each<T>(call: StoreCall, values: AsyncIterable<T>, around: Interceptor): AsyncGenerator<T> {
  const iterator = values[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await around(call, () => iterator.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}
