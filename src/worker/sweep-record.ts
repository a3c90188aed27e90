import {readFileSync, renameSync, writeFileSync} from 'node:fs';
import {z} from 'zod';

/** What is swept: what transfers left, and each target that this worker has ever used. */
export type SweptPlace = 'transfers' | `target:${string}`;

const file = z.object({version: z.literal(1), sweptAt: z.record(z.string(), z.number())});

/**
 * When each place was last swept, in milliseconds since 1970, in a file of the state directory: a worker that is
 * started every morning sweeps once a day, and a target that it used last month is not forgotten.
 */
export class SweepRecord {
  readonly #path: string;
  readonly #sweptAt: Map<string, number>;

  constructor(path: string) {
    this.#path = path;
    this.#sweptAt = new Map(Object.entries(read(path)));
  }

  /** 0 for a place that was never swept. */
  sweptAt(place: SweptPlace): number {
    return this.#sweptAt.get(place) ?? 0;
  }

  knows(place: SweptPlace): boolean {
    return this.#sweptAt.has(place);
  }

  note(place: SweptPlace, at: number): void {
    this.#sweptAt.set(place, at);
    writeFileSync(`${this.#path}.new`, JSON.stringify({version: 1, sweptAt: Object.fromEntries(this.#sweptAt)}), {
      mode: 0o600,
    });
    renameSync(`${this.#path}.new`, this.#path);
  }
}

/** A record that is not there or cannot be read: everything is swept once more than it had to be. */
function read(path: string): Readonly<Record<string, number>> {
  try {
    return file.parse(JSON.parse(readFileSync(path, 'utf8'))).sweptAt;
  } catch {
    return {};
  }
}
