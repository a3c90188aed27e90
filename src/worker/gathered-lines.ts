/**
 * Writes in one call what is given to it in one go: a call for each of thousands of files takes longer than all the rest
 * of their lines. Nothing waits for longer than the code that gave it runs on.
 */
export class GatheredLines {
  readonly #output: (lines: string) => void;
  #lines = '';

  constructor(output: (lines: string) => void) {
    this.#output = output;
  }

  /** `line` with its end. */
  write(line: string): void {
    if (this.#lines === '') queueMicrotask(() => this.flush());
    this.#lines += line;
  }

  flush(): void {
    const lines = this.#lines;
    this.#lines = '';
    if (lines !== '') this.#output(lines);
  }
}
