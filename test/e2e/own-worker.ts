import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, openSync} from 'node:fs';
import {copyFile, mkdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {killTree} from '../servers/processes.js';
import {until} from '../until.js';
import {type TestStack, WORKER} from './stack.js';

/** A worker that a test starts beside the stack, with a state directory of its own. */
export class OwnWorker {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly stack: TestStack,
    readonly stateDirectory: string,
    private readonly temporalAddress: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async create(
    stack: TestStack,
    name: string,
    temporalAddress = stack.address,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<OwnWorker> {
    const stateDirectory = join(stack.directory, name);
    await mkdir(stateDirectory);
    // Where the catalog is.
    await copyFile(join(stack.stateDirectory, 'stack.json'), join(stateDirectory, 'stack.json'));
    return new OwnWorker(stack, stateDirectory, temporalAddress, environment);
  }

  /** Resolves when it polls. */
  async start(): Promise<void> {
    const file = join(this.stateDirectory, 'worker.log');
    const before = (await this.log()).length;
    const output = openSync(file, 'a');
    const [program, ...args] = WORKER;
    const child = spawn(program, args, {
      cwd: this.stack.directory,
      stdio: ['ignore', output, output],
      env: {
        ...process.env,
        ...this.environment,
        TEMPORAL_ADDRESS: this.temporalAddress,
        WAYBILL_CONFIG: join(this.stack.directory, 'waybill.yaml'),
        WAYBILL_STATE_DIRECTORY: this.stateDirectory,
        WAYBILL_STORE_PATH: this.stack.storeRoot,
        WAYBILL_TARGETS_LOCAL_WORKSPACE_ROOT: this.stack.workspaceRoot('local'),
      },
    });
    closeSync(output);
    this.child = child;
    await until('a worker that polls', async () => {
      if (child.exitCode !== null) throw new Error(`the worker ended: ${await this.log()}`);
      return (await this.log()).slice(before).includes('worker ready');
    });
  }

  /** SIGKILL, for what it started as well where `withScripts`. */
  async kill(withScripts = false): Promise<void> {
    const child = this.child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    if (withScripts) await killTree(child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
    await ended;
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  async log(): Promise<string> {
    return await readFile(join(this.stateDirectory, 'worker.log'), 'utf8').catch(() => '');
  }
}
