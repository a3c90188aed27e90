import {isWaybillError} from '../../contracts/errors.js';
import {addedUp, type TicketIssue} from './issue.js';

/** How long what is issued may wait to be written, in milliseconds: whoever issues never waits. */
const EVERY_MS = 1_000;
/** After a failure. */
const AGAIN_MS = 10_000;
/** Issues of one statement. */
const BATCH = 1_000;
/** Names that are held while they cannot be written: some 30 MB. What comes beyond is not recorded. */
const MOST = 100_000;

export interface IssueLogOptions {
  readonly write: (issues: readonly TicketIssue[]) => Promise<void>;
  /** `lost` is how many names have not been recorded and will not be. */
  readonly onFailure: (error: unknown, lost: number) => void;
}

/**
 * Collects what is issued, name by name, and writes it every second: issuing a ticket costs no question to the catalog.
 * A process that is killed loses what it issued within that second.
 */
export class IssueLog {
  readonly #options: IssueLogOptions;
  #waiting = new Map<string, TicketIssue>();
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: IssueLogOptions) {
    this.#options = options;
  }

  add(issues: readonly TicketIssue[]): void {
    for (const issue of issues) this.#add(issue);
    if (this.#waiting.size > 0) this.#writeIn(EVERY_MS);
  }

  /** Writes what there is. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#write();
    clearTimeout(this.#timer);
  }

  #add(issue: TicketIssue): void {
    const {executionId, purpose, key} = issue;
    const name = `${executionId} ${purpose} ${key}`;
    const before = this.#waiting.get(name);
    if (before === undefined && this.#waiting.size >= MOST) this.#lost += 1;
    else this.#waiting.set(name, before === undefined ? issue : addedUp(before, issue));
  }

  #writeIn(milliseconds: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#writing.then(() => this.#write());
    }, milliseconds).unref();
  }

  async #write(): Promise<void> {
    const issues = [...this.#waiting.values()];
    this.#waiting = new Map();
    for (let from = 0; from < issues.length; from += BATCH) {
      try {
        await this.#options.write(issues.slice(from, from + BATCH));
      } catch (error) {
        // What PostgreSQL refuses now it refuses later.
        const refused = isWaybillError(error) && !error.retryable;
        if (refused) this.#lost += Math.min(BATCH, issues.length - from);
        for (const issue of issues.slice(refused ? from + BATCH : from)) this.#add(issue);
        this.#options.onFailure(error, this.#lost);
        this.#lost = 0;
        this.#writeIn(AGAIN_MS);
        return;
      }
    }
  }
}
