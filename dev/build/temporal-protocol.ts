import {readdir, readFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {runInNewContext} from 'node:vm';
import type {Plugin} from 'esbuild';
import {z} from 'zod';

const node = z.looseObject({
  fields: z.record(z.string(), z.looseObject({type: z.string(), keyType: z.string().optional()})).optional(),
  methods: z.record(z.string(), z.looseObject({requestType: z.string(), responseType: z.string()})).optional(),
  get nested() {
    return z.record(z.string(), node).optional();
  },
});
type Node = z.infer<typeof node>;

/**
 * Leaves out of the bundle what of Temporal's protocol a client never says. The SDK builds all of its 1,300 types at
 * every start, which takes longer than everything else: 130 ms, and 55 with the 500 that are left. Kept is what the
 * code of the SDK's client, or ours, calls or names, with every type that is reached from there.
 */
export function temporalProtocol(ownClient: string): Plugin {
  return {
    name: 'temporal-protocol',
    setup(bundler) {
      bundler.onLoad({filter: /@temporalio\/proto\/protos\/json-module\.js$/}, async ({path}) => {
        const source = await readFile(path, 'utf8');
        const packages = join(dirname(path), '..', '..');
        const folders = [join(packages, 'client', 'lib'), join(packages, 'common', 'lib'), ownClient];
        const code = (await Promise.all(folders.map(codeBelow))).flat().join('\n');
        return {contents: prune(source, code), loader: 'js'};
      });
    },
  };
}

async function codeBelow(directory: string): Promise<string[]> {
  const files = await readdir(directory, {recursive: true, withFileTypes: true});
  const modules = files.filter((file) => file.isFile() && file.name.endsWith('.js'));
  const texts = await Promise.all(modules.map((file) => readFile(join(file.parentPath, file.name), 'utf8')));
  return texts.map((text) => text.replaceAll(/\/\*[\s\S]*?\*\//g, ''));
}

function prune(source: string, code: string): string {
  const call = '.addJSON(';
  const [start, end] = [source.indexOf(call) + call.length, source.lastIndexOf(')')];
  const nested: unknown = runInNewContext(`(${source.slice(start, end)})`);
  const root = node.parse({nested});
  const types = new Map(flatten(root, ''));
  const kept = reached(types, code);
  if (kept.size < 200 || kept.size === types.size)
    throw new Error(`${kept.size} types of Temporal's protocol would be kept`);
  drop(root, '', kept);
  return source.slice(0, start) + JSON.stringify(root.nested) + source.slice(end);
}

function* flatten(parent: Node, path: string): Generator<[string, Node]> {
  for (const [name, child] of Object.entries(parent.nested ?? {})) {
    const full = path === '' ? name : `${path}.${name}`;
    yield [full, child];
    yield* flatten(child, full);
  }
}

/** Names of types that the code says, and the methods that it calls, with everything they are made of. */
function reached(types: ReadonlyMap<string, Node>, code: string): Set<string> {
  const called = new Set([...code.matchAll(/\.(\w+)\(/g)].map(([, name]) => name));
  const kept = new Set<string>();
  const keep = (name: string | undefined): void => {
    const type = name === undefined ? undefined : types.get(name);
    if (name === undefined || type === undefined || kept.has(name)) return;
    kept.add(name);
    for (const {type: of, keyType} of Object.values(type.fields ?? {})) {
      keep(resolve(types, of, name));
      if (keyType !== undefined) keep(resolve(types, keyType, name));
    }
  };
  for (const [name, type] of types) {
    if (type.methods !== undefined) {
      kept.add(name);
      for (const [method, {requestType, responseType}] of Object.entries(type.methods)) {
        if (!called.has(method.charAt(0).toLowerCase() + method.slice(1))) Reflect.deleteProperty(type.methods, method);
        else for (const of of [requestType, responseType]) keep(resolve(types, of, name));
      }
    }
    if (isNamed(name, code)) keep(name);
  }
  return kept;
}

/** Well-known types are looked up by the library itself, by name. */
function isNamed(name: string, code: string): boolean {
  return (
    name.startsWith('google.protobuf.') ||
    (name.includes('.v1.') || name.startsWith('google.rpc.') ? code.includes(name) : false)
  );
}

/** As protobuf does: the innermost scope first. */
function resolve(types: ReadonlyMap<string, Node>, name: string, scope: string): string | undefined {
  if (name.startsWith('.')) return types.has(name.slice(1)) ? name.slice(1) : undefined;
  const steps = scope.split('.');
  for (let length = steps.length; length >= 0; length--) {
    const full = [...steps.slice(0, length), name].join('.');
    if (types.has(full)) return full;
  }
  return undefined;
}

function drop(parent: Node, path: string, kept: ReadonlySet<string>): boolean {
  let any = kept.has(path);
  for (const [name, child] of Object.entries(parent.nested ?? {})) {
    if (drop(child, path === '' ? name : `${path}.${name}`, kept)) any = true;
    else Reflect.deleteProperty(parent.nested ?? {}, name);
  }
  return any;
}
