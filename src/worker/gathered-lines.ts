/** Bytes of text, about: more is written on the way, since what takes the lines may drop what is too much at once. */
const MOST_LENGTH = 64 * 1024;

/**
 * Writes in one call what is given to it in one go: a call for each of thousands of files takes longer than all the rest
 * of their lines. Nothing waits for longer than the code that gave it runs on, nor beyond the end of the process.
 */
export class GatheredLines {
  readonly #output: (lines: string) => void;
  readonly #flush = (): void => this.flush();
  #lines = '';

  constructor(output: (lines: string) => void) {
    this.#output = output;
    process.on('exit', this.#flush);
  }

  /** `line` with its end. */
  write(line: string): void {
    if (this.#lines === '') queueMicrotask(this.#flush);
    this.#lines += line;
    if (this.#lines.length >= MOST_LENGTH) this.flush();
  }

  flush(): void {
    const lines = this.#lines;
    this.#lines = '';
    if (lines !== '') this.#output(lines);
  }

  /** Writes what is left; later lines are not kept for the end of the process. */
  close(): void {
    process.off('exit', this.#flush);
    this.flush();
  }
}
