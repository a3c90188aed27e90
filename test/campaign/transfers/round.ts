import {setTimeout as delay} from 'node:timers/promises';
import type {Lab} from './lab.js';
import {comesTrue, movedBy, type Stage, stagesOn} from './moving.js';
import type {Round} from './plan.js';
import {prepareTransfer, type Running, startTransfer} from './running.js';
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

/** Milliseconds that they get to begin: a busy machine needs long for forty workflows at once. */
const BEGIN_MS = 40_000;

/** Milliseconds that what was hit gets to go on before the next strike. */
const GO_ON_MS = 8_000;

/** Starts the transfers of a round at once, deals its strikes one after the other, and looks at what became of each. */
export async function playRound(lab: Lab, seed: number, round: Round): Promise<RoundReport> {
  const name = `s${seed}-r${round.number}`;
  const prepared = await Promise.all(
    round.transfers.map((plan, index) => prepareTransfer(lab, `${name}-${index + 1}`, plan)),
  );
  const transfers = await Promise.all(prepared.map((each) => startTransfer(lab, each)));
  const watches = transfers.map((transfer) => new Watch(lab.places[transfer.plan.to], transfer));
  const running = () => transfers.filter((transfer) => transfer.settled() === undefined);
  const blows: Blow[] = [];
  await begun(lab, running());
  for (const strike of round.strikes) {
    await delay(strike.afterMs);
    if (running().length === 0) break;
    const before = await stagesOn(lab.machines, running());
    const blow = await strikeNow(lab, round.number, strike, running());
    blows.push(blow);
    if (strike === round.strikes.at(-1)) break;
    // Three attempts in a row without progress end a step, as promised: that is not what is looked for here.
    const hit = transfers.filter(({id}) => blow.hit.includes(id));
    await goneOn(lab, hit, before);
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
async function begun({machines}: Lab, transfers: readonly Running[]): Promise<void> {
  await comesTrue(async () => (await movedBy(machines, transfers)).length > transfers.length / 2, BEGIN_MS);
}

/** Waits until each has got further than it was, or has ended, or the time is over. */
async function goneOn({machines}: Lab, hit: readonly Running[], before: ReadonlyMap<string, Stage>): Promise<void> {
  let waiting = hit;
  await comesTrue(async () => {
    const now = await stagesOn(machines, waiting);
    waiting = waiting.filter(({id, settled}) => settled() === undefined && !isFurther(now.get(id), before.get(id)));
    return waiting.length === 0;
  }, GO_ON_MS);
}

function isFurther(now: Stage | undefined, before: Stage | undefined): boolean {
  if (now === undefined) return false;
  return now.activity !== before?.activity || now.progress > before.progress;
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, delay(milliseconds, undefined, {signal: over.signal}).catch(() => undefined)]);
  over.abort();
}
