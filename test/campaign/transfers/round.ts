import {setTimeout as delay} from 'node:timers/promises';
import {Payloads} from '../../../src/client/payload-codec.js';
import {checkpointIn} from '../../../src/client/progress.js';
import type {Lab} from './lab.js';
import type {Round} from './plan.js';
import {type Running, startTransfer} from './running.js';
import {type Blow, strikeNow} from './strike.js';
import {leftoversOf, verifyRecords} from './verify.js';
import {Watch} from './watch.js';

export interface RoundReport {
  readonly transfers: readonly Running[];
  readonly blows: readonly Blow[];
  /** Files that were read while their transfer still ran. */
  readonly seenEarly: number;
  readonly complaints: readonly string[];
}

/** A transfer that has not ended by then hangs. */
const END_WITHIN_MS = 180_000;

/** Milliseconds that what was hit gets to go on before the next strike. */
const GO_ON_MS = 8_000;

/** Starts the transfers of a round at once, deals its strikes one after the other, and looks at what became of each. */
export async function playRound(lab: Lab, seed: number, round: Round): Promise<RoundReport> {
  const name = `s${seed}-r${round.number}`;
  const transfers = await Promise.all(
    round.transfers.map((plan, index) => startTransfer(lab, `${name}-${index + 1}`, plan)),
  );
  const watches = transfers.map((transfer) => new Watch(lab.places[transfer.plan.to], transfer));
  const running = () => transfers.filter((transfer) => transfer.settled() === undefined);
  const blows: Blow[] = [];
  await begun(lab, running());
  for (const strike of round.strikes) {
    await delay(strike.afterMs);
    if (running().length === 0) break;
    const before = await stages(lab, running());
    const blow = await strikeNow(lab, round.number, strike, running());
    blows.push(blow);
    // Three attempts in a row without progress end a step, as promised: that is not what is looked for here.
    await goneOn(
      lab,
      transfers.filter(({id}) => blow.hit.includes(id)),
      before,
      GO_ON_MS,
    );
  }
  await within(END_WITHIN_MS, Promise.allSettled(transfers.map(({result}) => result)));
  await Promise.all(watches.map((watch) => watch.close()));
  const records = await Promise.all(transfers.map((transfer) => verifyRecords(lab, transfer)));
  const left = await leftoversOf(
    lab,
    name,
    transfers.map(({id}) => id),
  );
  await Promise.all(Object.values(lab.places).map((place) => place.remove(name)));
  return {
    transfers,
    blows,
    seenEarly: watches.reduce((sum, {seenEarly}) => sum + seenEarly, 0),
    complaints: [...watches.flatMap(({complaints}) => complaints), ...records.flat(), ...left],
  };
}

/** Waits until bytes of most of them move. */
async function begun(lab: Lab, transfers: readonly Running[]): Promise<void> {
  const until = Date.now() + GO_ON_MS;
  while (Date.now() < until) {
    const moving = [...(await stages(lab, transfers)).values()].filter((progress) => progress > 0);
    if (moving.length > transfers.length / 2) return;
    await delay(250);
  }
}

/** How far each is, by what its activity tells the server. */
async function stages(lab: Lab, running: readonly Running[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  await Promise.all(
    running.map(async ({id}) => {
      const described = await lab.stack.temporal.workflow.getHandle(id).describe();
      const [pending] = described.raw.pendingActivities ?? [];
      const progress = (pending && (await checkpointIn(pending, new Payloads(undefined))))?.progress;
      if (progress !== undefined) found.set(id, progress);
    }),
  );
  return found;
}

/** Waits until each has got further than it was, or has ended, or the time is over. */
async function goneOn(
  lab: Lab,
  hit: readonly Running[],
  before: ReadonlyMap<string, number>,
  withinMs: number,
): Promise<void> {
  const until = Date.now() + withinMs;
  let waiting = hit;
  while (Date.now() < until) {
    waiting = waiting.filter((transfer) => transfer.settled() === undefined);
    const now = await stages(lab, waiting).catch(() => new Map<string, number>());
    waiting = waiting.filter(({id}) => (now.get(id) ?? 0) <= (before.get(id) ?? 0));
    if (waiting.length === 0) return;
    await delay(250);
  }
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, delay(milliseconds, undefined, {signal: over.signal}).catch(() => undefined)]);
  over.abort();
}
