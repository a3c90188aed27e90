/** What is begun once for all who ask. A rejection is not kept: whoever asks next begins anew. */
export class KeptPromise<T> {
  #kept: Promise<T> | undefined;

  get(begin: () => Promise<T>): Promise<T> {
    if (this.#kept !== undefined) return this.#kept;
    const begun = begin();
    this.#kept = begun;
    begun.catch(() => {
      if (this.#kept === begun) this.#kept = undefined;
    });
    return begun;
  }

  /** What came of it, waited for where it is under way; undefined where nothing was begun, or it failed. */
  async found(): Promise<T | undefined> {
    return await this.#kept?.catch(() => undefined);
  }
}
