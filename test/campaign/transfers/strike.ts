import {setTimeout as delay} from 'node:timers/promises';
import {underWay} from '../../e2e/under-way.js';
import type {Toxiproxy} from '../../servers/toxiproxy.js';
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
  const {kind, lines, forMs} = strike;
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
      const hit = onLines(running, ['ssh']);
      await stack.sshd.killSessions();
      return {round, kind, hit};
    }
    case 's3-kill': {
      const servers = lines.flatMap((line) => (line === 'ssh' ? [] : lab.s3[line]));
      const hit = onLines(running, lines);
      await Promise.all(servers.map((server) => server.kill()));
      await delay(forMs);
      await Promise.all(servers.map((server) => server.start()));
      return {round, kind, hit, details: lines.join(', ')};
    }
    case 'line-cut':
    case 'line-reset':
    case 'line-silence':
    case 'line-slow': {
      const hit = onLines(running, lines);
      await Promise.all(lines.map((line) => strikeLine(lab.lines[line], kind, forMs)));
      // What is only slow goes on.
      return {round, kind, hit: kind === 'line-slow' ? [] : hit, details: lines.join(', ')};
    }
  }
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

/** Transfers of which this worker had an activity under way. */
async function workedOn(stateDirectory: string, running: readonly Running[]): Promise<readonly string[]> {
  const ids = new Set((await underWay({stateDirectory})).map(({executionId}) => executionId));
  return running.filter(({id}) => ids.has(id)).map(({id}) => id);
}

function onLines(running: readonly Running[], lines: readonly LineName[]): readonly string[] {
  const uses = ({plan}: Running) => lines.some((line) => plan.from === line || plan.to === line);
  return running.filter(uses).map(({id}) => id);
}
