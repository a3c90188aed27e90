/** Counts who still needs something, the one who made it included, and calls `done` when nobody does. */
export class Holds {
  readonly #done: () => void;
  #held = 1;

  constructor(done: () => void) {
    this.#done = done;
  }

  hold(): void {
    this.#held += 1;
  }

  readonly release = (): void => {
    this.#held -= 1;
    if (this.#held === 0) this.#done();
  };
}
