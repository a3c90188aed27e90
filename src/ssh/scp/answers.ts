const FINE = 0;
const NEWLINE = 10;

/** More than this is no complaint of scp. */
const LONGEST_COMPLAINT = 64 * 1024;

/**
 * The answers of a receiving `scp`, in order: a zero byte where it agrees; else a one, or a two where it also gives up,
 * and a line that says why.
 */
export class ScpAnswers {
  #bytes = Buffer.alloc(0);
  #waiting: {resolve: (complaint: string | undefined) => void; reject: (error: Error) => void} | undefined;

  feed(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    this.#settle();
  }

  /** Undefined where it agrees, else what it says. One call at a time. */
  next(): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting = {resolve, reject};
      this.#settle();
    });
  }

  #settle(): void {
    const waiting = this.#waiting;
    const first = this.#bytes[0];
    if (waiting === undefined || first === undefined) return;
    const end = first === FINE ? 0 : this.#bytes.indexOf(NEWLINE);
    if (end === -1 && this.#bytes.length <= LONGEST_COMPLAINT) return;
    this.#waiting = undefined;
    if (end === -1) {
      waiting.reject(new Error('scp answers with something else than its protocol'));
      return;
    }
    const said = this.#bytes.subarray(1, end).toString();
    this.#bytes = this.#bytes.subarray(end + 1);
    waiting.resolve(first === FINE ? undefined : said);
  }
}
