/** Prints lines with the seconds since the beginning, and remembers what did not hold. */
export class Transcript {
  readonly #startedAt = Date.now();
  #failed = 0;

  get failed(): boolean {
    return this.#failed > 0;
  }

  say(text: string): void {
    const seconds = ((Date.now() - this.#startedAt) / 1000).toFixed(1);
    console.log(`${seconds.padStart(6)} s  ${text}`);
  }

  heading(text: string): void {
    console.log(`\n${text}`);
  }

  row(...cells: readonly string[]): void {
    console.log(`  ${cells.map((cell, index) => cell.padEnd(index === 0 ? 36 : 24)).join('')}`.trimEnd());
  }

  note(text: string): void {
    console.log(`  – ${text}`);
  }

  check(holds: boolean, text: string): void {
    if (!holds) this.#failed++;
    console.log(`  ${holds ? '✓' : '✗'} ${text}`);
  }
}

/** `356.2 MB`: decimal, as lines are measured. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

export function count(number: number): string {
  return number.toLocaleString('en-GB');
}
