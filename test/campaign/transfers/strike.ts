import {setTimeout as delay} from 'node:timers/promises';
import {underWay} from '../../e2e/under-way.js';
import {damage} from './damage.js';
import type {Lab} from './lab.js';
import type {Kind, LineName, Strike} from './plan.js';
import type {Running} from './running.js';

/** What a strike hit. */
export interface Blow {
  readonly round: number;
  readonly kind: Kind;
  /** Ids of the transfers that it interrupted. */
  readonly hit: readonly string[];
  /** More of what it did, where there is more. */
  readonly details?: string;
}

/** Past the heartbeat timeout of five seconds: the other worker takes over. */
const FREEZE_MS = 6_500;

/** Milliseconds that the silence of a line lasts before it breaks: shorter than what tells a dead peer. */
const SILENCE_MS = 1_500;

/** Milliseconds in which a killed process has surely ended; another worker takes over after seconds. */
const DEAD_MS = 150;

const SLOW_KIB = 150;
const SLOW_MS = 3_000;

/** Deals it, and resolves when what was struck is there again. */
export async function strikeNow(lab: Lab, round: number, strike: Strike, running: readonly Running[]): Promise<Blow> {
  const {kind, line, forMs} = strike;
  const {stack} = lab;
  switch (kind) {
    case 'worker-kill': {
      const hit = await workedOn(stack.stateDirectory, running);
      await stack.killWorker();
      return {round, kind, hit};
    }
    case 'worker-loss': {
      const lost = lab.second();
      const hit = await workedOn(lost.stateDirectory, running);
      lost.kill();
      await lab.replaceSecond();
      return {round, kind, hit};
    }
    case 'worker-freeze': {
      const hit = await workedOn(stack.stateDirectory, running);
      const pid = await stack.workerPid();
      process.kill(pid, 'SIGSTOP');
      await delay(FREEZE_MS);
      process.kill(pid, 'SIGCONT');
      return {round, kind, hit};
    }
    case 'damage': {
      const hit = await workedOn(stack.stateDirectory, running);
      let details = '';
      await stack.killWorker(async () => {
        // What the dead worker had asked of sshd is still being done: a file that is about to be published is not damaged.
        await stack.sshd.killSessions();
        await delay(DEAD_MS);
        const shared = await workedOn(lab.second().stateDirectory, running);
        const alone = running.filter(({id}) => hit.includes(id) && !shared.includes(id));
        details = await damage(lab.files, alone, strike.seed);
      });
      return {round, kind, hit, details};
    }
    case 'temporal-kill': {
      const hit = running.map(({id}) => id);
      await stack.killTemporal();
      return {round, kind, hit};
    }
    case 'sshd-kill': {
      const hit = onLine(running, 'ssh');
      await stack.sshd.killSessions();
      return {round, kind, hit};
    }
    case 's3-kill': {
      const server = lab.s3[line === 'versity' ? 'versity' : 'minio'];
      const hit = onLine(running, line);
      await server.kill();
      await delay(forMs);
      await server.start();
      return {round, kind, hit, details: line};
    }
    case 'line-cut':
    case 'line-reset':
    case 'line-silence':
    case 'line-slow':
      return {round, kind, hit: await strikeLine(lab, kind, strike, running), details: line};
  }
}

async function strikeLine(
  lab: Lab,
  kind: 'line-cut' | 'line-reset' | 'line-silence' | 'line-slow',
  {line, forMs}: Strike,
  running: readonly Running[],
): Promise<readonly string[]> {
  const struck = lab.lines[line];
  const hit = onLine(running, line);
  if (kind === 'line-cut') await struck.cut();
  else if (kind === 'line-reset') await struck.reset(0);
  else if (kind === 'line-silence') await struck.silence(SILENCE_MS);
  else await struck.bandwidth(SLOW_KIB);
  await delay({'line-cut': forMs, 'line-reset': forMs, 'line-silence': SILENCE_MS + 500, 'line-slow': SLOW_MS}[kind]);
  await struck.heal();
  // What is only slow goes on.
  return kind === 'line-slow' ? [] : hit;
}

/** Transfers of which this worker had an activity under way. */
async function workedOn(stateDirectory: string, running: readonly Running[]): Promise<readonly string[]> {
  const ids = new Set((await underWay({stateDirectory})).map(({executionId}) => executionId));
  return running.filter(({id}) => ids.has(id)).map(({id}) => id);
}

function onLine(running: readonly Running[], line: LineName): readonly string[] {
  return running.filter(({plan}) => plan.from === line || plan.to === line).map(({id}) => id);
}
