import {randomBytes} from 'node:crypto';
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {isAbsolute, join} from 'node:path';
import {LocalShell} from '../../src/execution/local-shell.js';
import {type Workspace, workspacePaths} from '../../src/execution/workspace.js';
import {installPackages} from '../servers/debian.js';

/** A workspace root of its own for a test file, and workspaces in it. */
export class TemporaryRoot {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async create(): Promise<TemporaryRoot> {
    return new TemporaryRoot(await mkdtemp(join(tmpdir(), 'waybill-execution-')));
  }

  workspace(): Workspace {
    return {root: this.root, executionId: `t-${randomBytes(6).toString('hex')}`, generation: 1};
  }

  path(workspace: Workspace, name: string): string {
    return join(this.root, workspacePaths(workspace).base, name);
  }

  /** The lines of a file, none where it is not there. */
  async lines(workspace: Workspace, name: string): Promise<string[]> {
    const text = await readFile(this.path(workspace, name), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  remove(): Promise<void> {
    return rm(this.root, {recursive: true, force: true});
  }
}

const PROGRAMS: readonly (readonly [name: string, program: string, args: readonly string[]])[] = [
  ['/bin/sh', '/bin/sh', []],
  ['dash', 'dash', []],
  ['bash --posix', 'bash', ['--posix']],
  ['busybox sh', 'busybox', ['sh']],
];

/** The shells that scripts have to mean the same to. Installs what this machine lacks of them. */
export async function shells(): Promise<readonly (readonly [string, LocalShell])[]> {
  const there = new Set([...(await readdir('/bin')), ...(await readdir('/usr/bin'))]);
  const missing = PROGRAMS.map(([, program]) => program).filter((each) => !isAbsolute(each) && !there.has(each));
  if (missing.length > 0) await installPackages(...missing);
  return PROGRAMS.map(([name, program, args]) => [name, new LocalShell({program, arguments: args})] as const);
}
