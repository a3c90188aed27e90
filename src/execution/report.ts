import type {CommandEnd} from '../contracts/execution.js';

/** Both outputs in full, where they were small enough to come with the report. */
export interface InlineOutput {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

export interface ExecutionEnd {
  readonly end: CommandEnd;
  /** When the command was started, by the target's clock, ISO 8601; absent where it never was. */
  readonly startedAt?: string;
  /** The command could not be found: status 127 is then not the command's own. */
  readonly commandNotFound: boolean;
  readonly output?: InlineOutput;
}

export type ExecutionEvent =
  | {readonly event: 'queued'; readonly place: number}
  | {readonly event: 'running'; readonly pid: number; readonly startedAt: string};

/** Shells report a signal as 128 + its number; a command that exits with such a status itself looks the same. */
const FIRST_SIGNAL_STATUS = 129;
const LAST_SIGNAL_STATUS = 192;

/** Reads the report of a script as it arrives. */
export class ReportReader {
  readonly #timeoutMs: number;
  readonly #onEvent: (event: ExecutionEvent) => void;
  #pending: Buffer = Buffer.alloc(0);
  #removed = false;
  #startedAt: string | undefined;
  #commandNotFound = false;
  #end: CommandEnd | undefined;
  #outputSizes: {readonly stdout: number; readonly stderr: number} | undefined;

  constructor(timeoutMs: number | undefined, onEvent: (event: ExecutionEvent) => void) {
    this.#timeoutMs = timeoutMs ?? 0;
    this.#onEvent = onEvent;
  }

  add(chunk: Uint8Array): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#outputSizes === undefined) {
      const newline = this.#pending.indexOf(10);
      if (newline < 0) return;
      const line = this.#pending.subarray(0, newline).toString();
      this.#pending = this.#pending.subarray(newline + 1);
      this.#readLine(line);
    }
  }

  /** True where the workspace has been removed by a later step. */
  get removed(): boolean {
    return this.#removed;
  }

  /** The end, or undefined where the report stopped before it. */
  finish(): ExecutionEnd | undefined {
    if (this.#end === undefined) return undefined;
    const output = this.#output();
    return {
      end: this.#end,
      ...(this.#startedAt === undefined ? {} : {startedAt: this.#startedAt}),
      commandNotFound: this.#commandNotFound,
      ...(output === undefined ? {} : {output}),
    };
  }

  #readLine(line: string): void {
    const [word = '', ...fields] = line.trim().split(' ');
    const [first = '', second = ''] = fields;
    switch (word) {
      case 'queued':
        this.#onEvent({event: 'queued', place: Number(first)});
        break;
      case 'running':
        if (/^\d+$/.test(first)) this.#onEvent({event: 'running', pid: Number(first), startedAt: second});
        break;
      case 'begun':
        if (/^\d/.test(first)) this.#startedAt = first;
        break;
      case 'not-found':
        this.#commandNotFound = true;
        break;
      case 'removed':
        this.#removed = true;
        break;
      case 'lost':
        this.#end = {outcome: 'lost', reason: fields.join(' ')};
        break;
      case 'end':
        this.#end = this.#endOf(first, Number(second));
        break;
      case 'output':
        this.#outputSizes = {stdout: Number(first), stderr: Number(second)};
        break;
    }
  }

  #endOf(outcome: string, status: number): CommandEnd {
    if (outcome === 'cancelled') return {outcome};
    if (outcome === 'timed-out') return {outcome, timeoutMs: this.#timeoutMs};
    if (status >= FIRST_SIGNAL_STATUS && status <= LAST_SIGNAL_STATUS)
      return {outcome: 'signalled', signal: status - 128};
    return {outcome: 'exited', status};
  }

  #output(): InlineOutput | undefined {
    const sizes = this.#outputSizes;
    if (sizes === undefined || this.#pending.length < sizes.stdout + sizes.stderr) return undefined;
    return {
      stdout: this.#pending.subarray(0, sizes.stdout),
      stderr: this.#pending.subarray(sizes.stdout, sizes.stdout + sizes.stderr),
    };
  }
}
