import {setTimeout as delay} from 'node:timers/promises';
import type {Toxiproxy} from '../../servers/toxiproxy.js';
import {damage} from './damage.js';
import type {Lab, Machine} from './lab.js';
import {comesTrue, movedBy} from './moving.js';
import type {Kind, LineName, Strike} from './plan.js';
import type {Running} from './running.js';

/** What a strike hit. */
export interface Blow {
  readonly round: number;
  readonly kind: Kind;
  /** Transfers whose bytes were moving when it came. */
  readonly underWay: number;
  /** Ids of those of them that it took the worker, the line or the server away from. */
  readonly hit: readonly string[];
  /** More of what it did, where there is more. */
  readonly details?: string;
}

/** Milliseconds that the other worker gets to take over what a frozen one has: twice the heartbeat timeout. */
const TAKE_OVER_MS = 10_000;

/** Milliseconds that the silence of a line lasts before it breaks: shorter than what tells a dead peer. */
const SILENCE_MS = 1_500;

/** Milliseconds in which a killed process has surely ended; another worker takes over after seconds. */
const DEAD_MS = 150;

const SLOW_KIB = 150;
const SLOW_MS = 3_000;

type Hit = Pick<Blow, 'hit' | 'details'>;

/** Deals it, and resolves when what was struck is there again. */
export async function strikeNow(lab: Lab, round: number, strike: Strike, running: readonly Running[]): Promise<Blow> {
  const moving = await movedBy(lab.machines, running);
  return {...{round, kind: strike.kind, underWay: moving.length}, ...(await deal(lab, strike, moving))};
}

async function deal(lab: Lab, {kind, lines, forMs, seed}: Strike, moving: readonly Running[]): Promise<Hit> {
  switch (kind) {
    case 'worker-kill': {
      const [victim] = await busierFirst(lab, moving);
      let hit: readonly Running[] = [];
      await victim.kill(async () => {
        hit = await movedBy([victim], moving);
      });
      return {hit: idsOf(hit)};
    }
    case 'worker-loss': {
      let hit: readonly Running[] = [];
      await lab.loseSecond(async (lost) => {
        hit = await movedBy([lost], moving);
      });
      return {hit: idsOf(hit)};
    }
    case 'worker-freeze':
      return await freeze(lab, moving);
    case 'damage':
      return await killAndDamage(lab, moving, seed);
    case 'temporal-kill':
      await lab.stack.killTemporal();
      // The bytes go on meanwhile.
      return {hit: []};
    case 'sshd-kill': {
      const struck = onLines(moving, ['ssh']);
      await lab.stack.sshd.killSessions();
      return {hit: interruptedOf(struck)};
    }
    case 's3-kill': {
      const servers = lines.flatMap((line) => (line === 'ssh' ? [] : lab.s3[line]));
      const struck = onLines(moving, lines);
      await Promise.all(servers.map((server) => server.kill()));
      await delay(forMs);
      const hit = interruptedOf(struck);
      await Promise.all(servers.map((server) => server.start()));
      return {hit, details: lines.join(', ')};
    }
    case 'line-cut':
    case 'line-reset':
    case 'line-silence':
    case 'line-slow': {
      await Promise.all(lines.map((line) => strikeLine(lab.lines[line], kind, forMs)));
      // What is only slow goes on.
      const hit = kind === 'line-slow' ? [] : interruptedOf(onLines(moving, lines));
      return {hit, details: lines.join(', ')};
    }
  }
}

/** Stops the busier worker until the other one has what it had, and lets it go on beside that. */
async function freeze(lab: Lab, moving: readonly Running[]): Promise<Hit> {
  const [victim, other] = await busierFirst(lab, moving);
  const pid = await victim.pid();
  process.kill(pid, 'SIGSTOP');
  try {
    const hit = await movedBy([victim], moving);
    const all = await comesTrue(async () => {
      const going = hit.filter(({settled}) => settled() === undefined);
      return (await movedBy([other], going)).length === going.length;
    }, TAKE_OVER_MS);
    return {hit: idsOf(hit), details: all ? 'all taken over' : 'some not taken over'};
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

async function killAndDamage(lab: Lab, moving: readonly Running[], seed: number): Promise<Hit> {
  const [victim, other] = await busierFirst(lab, moving);
  let hit: readonly Running[] = [];
  let details = '';
  await victim.kill(async () => {
    hit = await movedBy([victim], moving);
    // What the dead worker had asked of sshd is still being done: a file that is about to be published is not damaged.
    await lab.stack.sshd.killSessions();
    await delay(DEAD_MS);
    const shared = await movedBy([other], hit);
    const alone = hit.filter((transfer) => !shared.includes(transfer));
    details = await damage(lab.files, alone, seed);
  });
  return {hit: idsOf(hit), details};
}

/** The worker that moves most of them, and the other one: nothing is lost with one that is idle. */
async function busierFirst(
  {machines: [first, second]}: Lab,
  moving: readonly Running[],
): Promise<readonly [Machine, Machine]> {
  const [ofFirst, ofSecond] = [await movedBy([first], moving), await movedBy([second], moving)];
  return ofSecond.length > ofFirst.length ? [second, first] : [first, second];
}

type LineKind = 'line-cut' | 'line-reset' | 'line-silence' | 'line-slow';

async function strikeLine(line: Toxiproxy, kind: LineKind, forMs: number): Promise<void> {
  if (kind === 'line-cut') await line.cut();
  else if (kind === 'line-reset') await line.reset(0);
  else if (kind === 'line-silence') await line.silence(SILENCE_MS);
  else await line.bandwidth(SLOW_KIB);
  await delay({'line-cut': forMs, 'line-reset': forMs, 'line-silence': SILENCE_MS + 500, 'line-slow': SLOW_MS}[kind]);
  await line.heal();
}

function onLines(transfers: readonly Running[], lines: readonly LineName[]): readonly Running[] {
  return transfers.filter(({plan}) => lines.some((line) => plan.from === line || plan.to === line));
}

/** One that has ended all the same had no more need of what was struck. */
function interruptedOf(struck: readonly Running[]): readonly string[] {
  return idsOf(struck.filter(({settled}) => settled() === undefined));
}

function idsOf(transfers: readonly Running[]): readonly string[] {
  return transfers.map(({id}) => id);
}
