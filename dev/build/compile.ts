import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createHash} from 'node:crypto';
import {readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';

const SOURCES = ['src', 'workflows', 'activities'];

/** What else decides on what the compiler says and writes. */
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];

/** In dist/: over all that was compiled the last time, if its types held. The compiler takes seconds to see the same. */
const COMPILED = '.compiled';

export interface Compiled {
  readonly typesHold: boolean;
  readonly modules: number;
  readonly removed: number;
}

/** Compiles what changed, also where types do not hold, and removes from dist/ what has no source any more. */
export async function compile(root: string): Promise<Compiled> {
  const sources = await sourceModules(root);
  const emitted = sources.map((name) => join(root, 'dist', `${name}.js`));
  const record = join(root, 'dist', COMPILED);
  const hash = await hashOf(root, [...SETTINGS, ...(await sourceFiles(root))]);
  const isCurrent = (await readFile(record, 'utf8').catch(() => '')) === hash && (await allExist(emitted));
  if (!isCurrent) await rm(record, {force: true});
  const typesHold = isCurrent || (await runCompiler(root, emitted));
  // Asked again: a source that appeared while the compiler ran may have been compiled too.
  const removed = await removeStale(root, new Set(await sourceModules(root)));
  if (!(await allExist(emitted))) throw new Error('the compiler left modules out: see its messages');
  if (typesHold) await writeFile(record, hash);
  return {typesHold, modules: sources.length, removed};
}

/** Answers whether types hold. */
async function runCompiler(root: string, emitted: readonly string[]): Promise<boolean> {
  // The compiler trusts its own record: without it, a file that was deleted from dist/ would stay missing.
  if (!(await allExist(emitted))) await rm(join(root, 'dist', '.tsbuildinfo'), {force: true});
  const compiler = spawn(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
    {
      cwd: root,
      stdio: 'inherit',
    },
  );
  await once(compiler, 'close');
  return compiler.exitCode === 0;
}

async function hashOf(root: string, names: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const name of [...names].sort()) hash.update(`${name}\0`).update(await readFile(join(root, name)));
  return hash.digest('hex');
}

/** Names without their extension, relative to `root`. */
async function sourceModules(root: string): Promise<string[]> {
  const files = await sourceFiles(root);
  return files.filter((name) => !name.endsWith('.d.ts')).map((name) => name.slice(0, -'.ts'.length));
}

/** Tests are not part of the package. */
async function sourceFiles(root: string): Promise<string[]> {
  const files = await Promise.all(SOURCES.map((directory) => filesBelow(root, directory)));
  return files.flat().filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
}

async function removeStale(root: string, sources: ReadonlySet<string>): Promise<number> {
  const dist = join(root, 'dist');
  const files = await Promise.all(SOURCES.map((directory) => filesBelow(dist, directory)));
  const stale = files.flat().filter((name) => {
    const module = /^(.*)\.(?:js|js\.map|d\.ts)$/.exec(name)?.[1];
    return module !== undefined && !sources.has(module);
  });
  await Promise.all(stale.map((name) => rm(join(dist, name))));
  return stale.length;
}

async function filesBelow(base: string, directory: string): Promise<string[]> {
  const entries = await readdir(join(base, directory), {recursive: true, withFileTypes: true}).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1));
}

async function allExist(paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.every(Boolean);
}
