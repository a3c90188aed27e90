import type {ByteRange} from '../store.js';
import {hasCode, WaybillError} from '../../contracts/errors.js';
import {DEFINE_HASH, SHA256_OF_NOTHING} from '../../ssh/hash-program.js';
import {unlessAborted} from '../../abort/on-abort.js';
import {quote} from '../../ssh/quote.js';
import {ShellDialogue} from '../../ssh/dialogue.js';
import {hashFilesScript} from './prove-files.js';
import type {SshPool} from '../../ssh/pool.js';

const PROLOGUE = `
LC_ALL=C; export LC_ALL
${DEFINE_HASH}
h </dev/null
sync --help 2>/dev/null | grep -q -e --file-system && echo sync-f
`;

const LARGEST_UNIT = 1024 * 1024;
/** With a smaller unit dd makes too many calls. */
const SMALLEST_UNIT = 4096;

/** A shell on the target that stays open and hashes ranges of files. */
export class HashShell {
  readonly #pool: SshPool;
  #dialogue: Promise<ShellDialogue | undefined> | undefined;
  #unavailable = false;
  #syncs = false;

  constructor(pool: SshPool) {
    this.#pool = pool;
  }

  /** False once the target has shown that it has no shell, or none of the programs. */
  get mayBeAvailable(): boolean {
    return !this.#unavailable;
  }

  async available(signal?: AbortSignal): Promise<boolean> {
    return (await this.#open(signal)) !== undefined;
  }

  /**
   * In the order of `ranges`; undefined for a range that reaches beyond `size`. Until the shell comes to it, the file may
   * grow to `mostBytes`.
   */
  async hash(
    absolute: string,
    ranges: readonly ByteRange[],
    {size, mostBytes = size}: {readonly size: number; readonly mostBytes?: number},
    signal?: AbortSignal,
  ): Promise<(string | undefined)[]> {
    const whole = ranges.filter((range) => range.offset + range.length <= size);
    const lines = await this.ask(
      `f=${quote(absolute)}\n${whole.map((range) => hashRange(range, mostBytes)).join('\n')}\n`,
      signal,
    );
    if (lines.length !== whole.length) throw incomplete(absolute, whole.length, lines.length);
    const digests = lines.map((line) => digestOf(line, absolute));
    return ranges.map((range) => (range.offset + range.length <= size ? digests.shift() : undefined));
  }

  /** The digest of each file; undefined where one could not be read. */
  async hashFiles(paths: readonly string[], signal?: AbortSignal): Promise<(string | undefined)[]> {
    const lines = await this.ask(hashFilesScript(paths), signal);
    if (lines.length === paths.length) return lines.map((line) => /^[0-9a-f]{64}/.exec(line)?.[0]);
    // A file that cannot be read has no line: only one by one it shows which.
    const single = await this.ask(paths.map((path) => `h <${quote(path)} 2>/dev/null || echo -`).join('\n'), signal);
    return single.map((line) => /^[0-9a-f]{64}/.exec(line)?.[0]);
  }

  /** Whether one command puts a whole file system on the medium: measured 40 times faster than a sync for each small file. */
  async syncsGroups(signal?: AbortSignal): Promise<boolean> {
    return (await this.available(signal)) && this.#syncs;
  }

  /** Runs a few commands in the open shell, after its prologue, and answers the lines that they print. */
  async ask(commands: string, signal?: AbortSignal): Promise<string[]> {
    for (;;) {
      const dialogue = await this.#open(signal);
      if (dialogue === undefined) throw new WaybillError('shell.unavailable', 'The target has no shell that can hash.');
      try {
        return await dialogue.ask(commands, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (!dialogue.givenUp) throw error;
      }
    }
  }

  /** A shell that is still being opened ends as soon as it is there. */
  close(): void {
    this.#dialogue?.then(
      (dialogue) => dialogue?.end(),
      () => undefined,
    );
  }

  async #open(signal: AbortSignal | undefined): Promise<ShellDialogue | undefined> {
    signal?.throwIfAborted();
    if (this.#unavailable) return undefined;
    const known = this.#dialogue;
    const open = await unlessAborted(signal, known?.catch(() => undefined) ?? Promise.resolve(undefined));
    if (open !== undefined && !open.ended) return open;
    // Whoever waited for the same one may have started the next already.
    if (this.#dialogue === known) this.#dialogue = this.#start();
    return unlessAborted(signal, this.#dialogue ?? this.#start());
  }

  async #start(): Promise<ShellDialogue | undefined> {
    let dialogue: ShellDialogue | undefined;
    try {
      dialogue = await ShellDialogue.open(this.#pool);
      const [first, second] = await dialogue.ask(PROLOGUE);
      this.#syncs = second === 'sync-f';
      if (first?.startsWith(SHA256_OF_NOTHING) === true) return dialogue;
    } catch (error) {
      if (!hasCode(error, 'shell.unavailable')) throw error;
    }
    this.#unavailable = true;
    dialogue?.end();
    return undefined;
  }
}

function hashRange(range: ByteRange, mostBytes: number): string {
  if (range.length === 0) return 'h </dev/null';
  if (range.offset === 0 && range.length === mostBytes) return 'h <"$f"';
  return `${rangeCommand(range, mostBytes, '<"$f"')} | h`;
}

/**
 * Prints a range, not an empty one, of a file that has at most `size` bytes.
 *
 * @param input where the file comes from, as the shell has it; empty where it is the standard input already
 */
export function rangeCommand({offset, length}: ByteRange, size: number, input: string): string {
  const toTheEnd = offset + length === size;
  let unit = LARGEST_UNIT;
  while (unit >= SMALLEST_UNIT && offset % unit !== 0) unit /= 2;
  if (unit < SMALLEST_UNIT) return `tail -c +${offset + 1} ${input} | head -c ${length}`;
  const cut = toTheEnd || length % unit === 0 ? '' : ` | head -c ${length}`;
  return `dd bs=${unit} skip=${offset / unit} count=${Math.ceil(length / unit)} ${input} 2>/dev/null${cut}`;
}

function digestOf(line: string, absolute: string): string {
  const digest = line.slice(0, 64);
  if (!/^[0-9a-f]{64}$/.test(digest))
    throw new WaybillError('shell.failed', `No digest of ${JSON.stringify(absolute)}: ${line}`);
  return digest;
}

function incomplete(absolute: string, expected: number, found: number): WaybillError {
  return new WaybillError(
    'shell.failed',
    `The target hashed ${found} of ${expected} ranges of ${JSON.stringify(absolute)}`,
    {
      path: absolute,
      expected,
      found,
    },
  );
}
