import {createHash} from 'node:crypto';
import {lstat, mkdir, readdir, readFile, readlink, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {z} from 'zod';

/** What a job is told to leave below `out/`. */
export interface HostilePlan {
  /** Files, whose content is their own name. */
  readonly files: readonly string[];
  /** Name to target. */
  readonly links: Readonly<Record<string, string>>;
  /** Names as hexadecimal bytes that are no UTF-8. */
  readonly unrepresentable: readonly string[];
  readonly special: boolean;
}

/**
 * Run by Node on the target: says what it was given, by SHA-256, in `received.json`, with its arguments, and leaves what
 * the plan names. Names travel as JSON, since no shell script spells all of them.
 */
export const HOSTILE_JOB = `
import {createHash} from 'node:crypto';
import {execFileSync} from 'node:child_process';
import {mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {dirname, join} from 'node:path';
const plan = JSON.parse(readFileSync('plan.json', 'utf8'));
const received = [];
for (const entry of readdirSync('.', {recursive: true, withFileTypes: true})) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile()) received.push([path, createHash('sha256').update(readFileSync(path)).digest('hex')]);
}
writeFileSync('received.json', JSON.stringify({received, args: process.argv.slice(2), value: process.env.HOSTILE}));
mkdirSync('out');
process.chdir('out');
for (const name of plan.files) {
  mkdirSync(dirname(name), {recursive: true});
  writeFileSync(name, name);
}
for (const [name, target] of Object.entries(plan.links)) symlinkSync(target, name);
for (const hex of plan.unrepresentable) writeFileSync(Buffer.from(hex, 'hex'), 'x');
if (plan.special) {
  execFileSync('mkfifo', ['fifo']);
  if (process.getuid() === 0) execFileSync('mknod', ['device', 'c', '1', '5']);
  const server = createServer();
  // A socket's path is short, and goes away with the one who listens: another name of it stays.
  await new Promise((resolve) => server.listen('s', resolve));
  renameSync('s', 'socket');
  server.close();
}
`;

/** What the job says of itself in `received.json`. */
export const jobReport = z.object({
  received: z.array(z.tuple([z.string(), z.string()])),
  args: z.array(z.string()),
  value: z.string(),
});

/** Makes files whose content is their own name, and answers with SHA-256 by name. */
export async function makeNamed(directory: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const made = new Map<string, string>();
  await mkdir(directory, {recursive: true});
  for (const name of names) {
    await mkdir(dirname(join(directory, name)), {recursive: true});
    await writeFile(join(directory, name), name);
    made.set(name, digestOf(name));
  }
  return made;
}

export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Everything below a directory, by name: kind, mode, times and content. No link is followed. */
export async function snapshot(directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of (await readdir(directory, {recursive: true})).sort()) {
    const path = join(directory, name);
    const {mode, mtimeMs, nlink, uid} = await lstat(path);
    const kind = mode & 0o170000;
    const content = kind === 0o100000 ? digestOf(await readFile(path)) : kind === 0o120000 ? await readlink(path) : '';
    found.push([name, mode.toString(8), mtimeMs, nlink, uid, content].join(' '));
  }
  return found;
}

/** Regular files by name with SHA-256, and links by name with their target; no link is followed. */
export async function contentOf(
  directory: string,
): Promise<{readonly files: ReadonlyMap<string, string>; readonly links: ReadonlyMap<string, string>}> {
  const files = new Map<string, string>();
  const links = new Map<string, string>();
  for (const entry of await readdir(directory, {recursive: true, withFileTypes: true})) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(directory.length + 1);
    if (entry.isFile()) files.set(name, digestOf(await readFile(path)));
    if (entry.isSymbolicLink()) links.set(name, await readlink(path));
  }
  return {files, links};
}
