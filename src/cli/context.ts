import type {Readable, Writable} from 'node:stream';
import type {WaybillClientApi} from '../client/api.js';
import type {Operator} from './operator.js';
import type {OutputLike} from './terminal/capabilities.js';

/** What a connection has to say to whoever waits: the newest screen of the process shows it. */
export interface Notices {
  show: (text: string) => void;
}

export interface ConnectOptions {
  readonly address?: string;
  readonly namespace?: string;
  readonly taskQueue?: string;
}

export type OutputStream = Writable & OutputLike;

export interface InputStream extends Readable {
  readonly isTTY?: boolean | undefined;
  setRawMode?(mode: boolean): unknown;
}

/** Everything of the process that a command touches. */
export interface CliContext {
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** The last `count` arguments of the process, byte for byte; undefined where the system does not tell. */
  readonly rawArguments?: (count: number) => readonly Uint8Array[] | undefined;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Where `SIGINT`, `SIGTERM` and `SIGHUP` are heard. */
  readonly signals: SignalSource;
  readonly notices?: Notices;
  /** Loads the client only when it is called: it costs more than everything else of a start. */
  connect(options: ConnectOptions): Promise<WaybillClientApi>;
  /** Loads what the operator's commands need. */
  operator(): Promise<Operator>;
}

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
  off(signal: StopSignal, listener: () => void): unknown;
}
