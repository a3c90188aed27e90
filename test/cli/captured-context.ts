import {EventEmitter} from 'node:events';
import {PassThrough, Writable} from 'node:stream';
import type {WaybillClientApi} from '../../src/client/api.js';
import type {CliContext, ConnectOptions} from '../../src/cli/context.js';

export interface Captured {
  readonly context: CliContext;
  readonly signals: EventEmitter;
  readonly connected: ConnectOptions[];
  readonly stdin: PassThrough;
  stdout(): string;
  stderr(): string;
}

export interface Surroundings {
  /** Default: empty. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Default: a directory that does not exist. */
  readonly cwd?: string;
}

/** A context whose streams are kept in memory. */
export function capture(client: WaybillClientApi, more: Surroundings = {}): Captured {
  const [stdout, stderr] = [new Kept(), new Kept()];
  const signals = new EventEmitter();
  const stdin = new PassThrough();
  const connected: ConnectOptions[] = [];
  return {
    signals,
    stdin,
    connected,
    stdout: () => stdout.text,
    stderr: () => stderr.text,
    context: {
      environment: more.environment ?? {},
      cwd: more.cwd ?? '/nowhere',
      stdin,
      stdout,
      stderr,
      signals,
      operator: async () => (await import('../../src/cli/operator.js')).operator,
      connect: async (options) => {
        connected.push(options);
        return client;
      },
    },
  };
}

class Kept extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
