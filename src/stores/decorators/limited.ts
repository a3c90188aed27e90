import {setTimeout as delay} from 'node:timers/promises';
import {groupsOf} from '../groups.js';
import type {CallOptions, PartialFile, SmallFileResult, Store} from '../store.js';

/** Bytes for so many milliseconds may go at once: less would make every chunk wait, more would come in visible bursts. */
const BURST_MS = 250;

/** A bucket that fills with `bytesPerSecond`; what is taken beyond its content is waited for. Shared by all who write. */
export class ByteBucket {
  readonly #bytesPerMs: number;
  readonly #burst: number;
  #content: number;
  #filledAt: number;

  constructor(bytesPerSecond: number, now = performance.now()) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#burst = this.#bytesPerMs * BURST_MS;
    this.#content = this.#burst;
    this.#filledAt = now;
  }

  /** Takes `bytes` and answers how many milliseconds to wait before they may go. */
  take(bytes: number, now = performance.now()): number {
    this.#content = Math.min(this.#burst, this.#content + (now - this.#filledAt) * this.#bytesPerMs);
    this.#filledAt = now;
    this.#content -= bytes;
    return this.#content >= 0 ? 0 : -this.#content / this.#bytesPerMs;
  }
}

/** `store`, written to with at most `bytesPerSecond`. Reading is not held up. */
export function withRateLimit(store: Store, bytesPerSecond: number): Store {
  const bucket = new ByteBucket(bytesPerSecond);
  const wait = async (bytes: number, options: CallOptions = {}): Promise<void> => {
    const milliseconds = bucket.take(bytes);
    if (milliseconds > 0) await delay(milliseconds, undefined, options).catch(() => options.signal?.throwIfAborted());
  };
  return {
    ...withProperties(store, {}),
    openPartial: async (partial, options) => limitedPartial(await store.openPartial(partial, options), wait),
    putFiles: async (files, options) => {
      const results: SmallFileResult[] = [];
      // Many files would go out in one burst: at most a second's worth goes together.
      const most = {files: files.length, bytes: bytesPerSecond};
      for (const group of groupsOf(files, most, ({content}) => content.length)) {
        await wait(
          group.reduce((sum, {content}) => sum + content.length, 0),
          options,
        );
        results.push(...(await store.putFiles(group, options)));
      }
      return results;
    },
  };
}

function limitedPartial(
  partial: PartialFile,
  wait: (bytes: number, options?: CallOptions) => Promise<void>,
): PartialFile {
  const holds = partial.holds?.bind(partial);
  return {
    foundBytes: partial.foundBytes,
    ...(holds === undefined ? {} : {holds}),
    write: async (offset, chunk, options) => {
      await wait(chunk.length, options);
      await partial.write(offset, chunk, options);
    },
    hash: (ranges, options) => partial.hash(ranges, options),
    sync: (options) => partial.sync(options),
    publish: (options) => partial.publish(options),
    close: () => partial.close(),
  };
}

/** `store` as it is, but for properties that are given here. */
export function withProperties(store: Store, properties: Partial<Store['properties']>): Store {
  const hash = store.hash?.bind(store);
  const readFiles = store.readFiles?.bind(store);
  return {
    name: store.name,
    kind: store.kind,
    get properties() {
      return {...store.properties, ...properties};
    },
    stat: (path, options) => store.stat(path, options),
    list: (path, options) => store.list(path, options),
    readLink: (path, options) => store.readLink(path, options),
    openSource: (path, options) => store.openSource(path, options),
    ...(readFiles === undefined ? {} : {readFiles}),
    openPartial: (partial, options) => store.openPartial(partial, options),
    putObject: (path, content, options) => store.putObject(path, content, options),
    getObject: (path, maxBytes, options) => store.getObject(path, maxBytes, options),
    putFiles: (files, options) => store.putFiles(files, options),
    makeDirectory: (path, options) => store.makeDirectory(path, options),
    makeLink: (path, target, options) => store.makeLink(path, target, options),
    setAttributes: (path, attributes, options) => store.setAttributes(path, attributes, options),
    rename: (path, to, options) => store.rename(path, to, options),
    remove: (path, options) => store.remove(path, options),
    removeTree: (path, options) => store.removeTree(path, options),
    ...(hash === undefined ? {} : {hash}),
    freeSpace: (path, options) => store.freeSpace(path, options),
    close: () => store.close(),
  };
}
