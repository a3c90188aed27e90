import {once} from 'node:events';
import type {CliContext, OutputStream} from '../context.js';
import {type Capabilities, capabilitiesOf, type Paint, painter} from './capabilities.js';

interface LiveArea {
  (text: string): void;
  clear(): void;
  done(): void;
}

/**
 * The two streams of the process. The command's output goes to the stream it came from, everything that Waybill says
 * to standard error. A live area at the bottom of standard error is taken away before anything else is written, and
 * drawn again only where the cursor stands at the beginning of a line.
 */
export class Screen {
  readonly capabilities: Capabilities;
  readonly paint: Paint;
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  /** Both streams end on the same terminal: what one writes moves the other's cursor. */
  readonly #shared: boolean;
  #live: LiveArea | undefined;
  #shown = '';
  /** Counts what is shown and taken away: an area that is only being made must not show what is over by then. */
  #turn = 0;
  #atLineStart = true;

  constructor(context: Pick<CliContext, 'stdout' | 'stderr' | 'environment' | 'notices'>) {
    this.#stdout = context.stdout;
    this.#stderr = context.stderr;
    this.capabilities = capabilitiesOf(context.stderr, context.environment);
    this.paint = painter(this.capabilities.colours);
    if (context.notices !== undefined) context.notices.show = (text) => this.warn(text);
    this.#shared = context.stdout.isTTY === true && context.stderr.isTTY === true;
  }

  get columns(): number {
    const columns = this.#stderr.columns ?? 0;
    return columns > 0 ? columns : 80;
  }

  /** Bytes of the command, exactly as they came. */
  async output(stream: 'stdout' | 'stderr', data: Uint8Array): Promise<void> {
    const onTerminal = stream === 'stderr' || this.#shared;
    if (onTerminal) this.#takeAway();
    await write(stream === 'stdout' ? this.#stdout : this.#stderr, data);
    if (onTerminal && data.length > 0) this.#atLineStart = data.at(-1) === 0x0a;
  }

  /** A line of Waybill's own. */
  line(text: string): void {
    this.#takeAway();
    const fresh = this.#atLineStart || !this.capabilities.live ? '' : '\n';
    this.#stderr.write(`${fresh}${text}\n`);
    this.#atLineStart = true;
  }

  /** A line that somebody should see. */
  warn(text: string): void {
    this.line(`${this.paint('yellow', '!')} ${text}`);
  }

  /** A result that somebody may want to pipe. */
  async result(text: string): Promise<void> {
    if (this.#shared) this.#takeAway();
    await write(this.#stdout, `${text}\n`);
  }

  /** Shows `text` at the bottom until the next call, or until something else is written. Nothing where there is no terminal. */
  async live(text: string): Promise<void> {
    if (!this.capabilities.live || !this.#atLineStart) return;
    this.#turn += 1;
    const turn = this.#turn;
    this.#live ??= await createLiveArea(this.#stderr);
    if (turn !== this.#turn) return;
    this.#shown = text;
    this.#live(text);
  }

  clearLive(): void {
    this.#takeAway();
    this.#live?.done();
    this.#live = undefined;
  }

  #takeAway(): void {
    this.#turn += 1;
    if (this.#shown === '') return;
    this.#live?.clear();
    this.#shown = '';
  }
}

async function createLiveArea(stream: OutputStream): Promise<LiveArea> {
  const {createLogUpdate} = await import('log-update');
  return createLogUpdate(stream);
}

/** Waits where the reader is slower than the writer, so that a long output is not kept in memory. */
async function write(stream: OutputStream, data: Uint8Array | string): Promise<void> {
  if (stream.write(data) || stream.destroyed) return;
  // Whichever does not come would go on listening.
  const waited = new AbortController();
  const {signal} = waited;
  await Promise.race([once(stream, 'drain', {signal}), once(stream, 'close', {signal})]).finally(() => waited.abort());
}
