import {setTimeout as delay} from 'node:timers/promises';
import type {Place} from './place.js';
import {UNFINISHED} from './place.js';
import type {Running} from './running.js';

/** What is visible unfinished stays so for as long as its bytes take, which is seconds. */
const EVERY_MS = 600;

/** Versity Gateway 1.8 puts an object that replaces another beside it first, and lists it there until it is renamed. */
const OF_VERSITY = /(^|\/)\.[^/]+\.sgwtmp\.\d+$/;

/**
 * Looks at the destination of a transfer while it runs: whatever can be seen there under a name of the tree is whole,
 * the new file or the old one, with its mode and time. What was read to the last byte is read again when it changes.
 */
export class Watch {
  readonly complaints: string[] = [];
  /** Files that were seen and read while the transfer ran. */
  seenEarly = 0;
  readonly #stop = new AbortController();
  readonly #whole = new Map<string, string>();
  readonly #watching: Promise<void>;

  constructor(
    private readonly place: Place,
    private readonly transfer: Running,
  ) {
    this.#watching = this.#watch();
  }

  /** Looks a last time, when it has ended: everything is there, and nothing else. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
    const {plan, destination} = this.transfer;
    const there = await this.place.look(destination);
    for (const [name, expected] of plan.tree) {
      const seen = there.get(name);
      if (expected.kind === 'link' && plan.symlinks === 'skip') {
        if (seen) this.#complain(`${say(name)} should have been left out`);
      } else if (seen?.kind !== expected.kind) {
        this.#complain(`${say(name)} is ${seen?.kind ?? 'not there'} instead of ${expected.kind}`);
      } else if (this.#whole.get(name) !== seen.identity) await this.#compare(name, seen.kind, true);
    }
    for (const [name] of there) {
      if (!plan.tree.has(name) && !this.transfer.replaced.has(name)) this.#complain(`${say(name)} is nobody's`);
    }
  }

  async #watch(): Promise<void> {
    const {signal} = this.#stop;
    while (!signal.aborted) {
      // A server that is down shows nothing.
      await this.#look().catch(() => undefined);
      await delay(EVERY_MS, undefined, {signal}).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const {plan, replaced, destination} = this.transfer;
    for (const [name, {kind, size, identity}] of await this.place.look(destination)) {
      if (kind !== 'file' || UNFINISHED.test(name) || OF_VERSITY.test(name)) continue;
      if (this.#whole.get(name) === identity) continue;
      const expected = plan.tree.get(name);
      if (expected === undefined && !replaced.has(name)) this.#complain(`${say(name)} was seen, which is nobody's`);
      else if (expected?.size !== size && !replaced.has(name)) {
        this.#complain(`${say(name)} was seen with ${size} bytes instead of ${expected?.size ?? 0}`);
      }
      await this.#compare(name, kind, false);
      this.#whole.set(name, identity);
      if (this.transfer.settled() === undefined) this.seenEarly += 1;
    }
  }

  async #compare(name: string, kind: 'file' | 'directory' | 'link' | 'special', ended: boolean): Promise<void> {
    const {plan, digests, replaced, destination} = this.transfer;
    const expected = plan.tree.get(name);
    const found = await this.place.read(destination, name, kind);
    if (!ended && found.sha256 !== undefined && found.sha256 === replaced.get(name)) return;
    if (kind === 'file') this.transfer.arrived.add(name);
    const when = ended ? '' : ' while the transfer ran';
    if (kind === 'file' && found.sha256 !== digests.get(name)) this.#complain(`${say(name)} has other bytes${when}`);
    if (kind === 'link') {
      if (found.target !== expected?.target) this.#complain(`${say(name)} points to ${say(found.target ?? '')}`);
      return;
    }
    if (found.mode !== expected?.mode) {
      this.#complain(
        `${say(name)} has mode ${found.mode.toString(8)} instead of ${expected?.mode.toString(8) ?? ''}${when}`,
      );
    }
    if (found.modifiedAt !== expected?.modifiedAt) {
      this.#complain(`${say(name)} is of ${found.modifiedAt} instead of ${expected?.modifiedAt ?? ''}${when}`);
    }
  }

  #complain(what: string): void {
    const {id, plan} = this.transfer;
    const complaint = `${id} (${plan.from} to ${plan.to}): ${what}`;
    if (!this.complaints.includes(complaint)) this.complaints.push(complaint);
  }
}

function say(name: string): string {
  return JSON.stringify(name);
}
