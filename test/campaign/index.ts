// npm run campaign -- [--work executions] --seed S --kills N [--targets local,gpu] [--phase PHASE] [--round R] [--report FILE]
// npm run campaign -- --work transfers --seed S --kills N [--interrupted N] [--round R] [--report FILE]
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {executions, phasesOf, targetsOf} from './executions/work.js';
import {oneOf, whole} from './options.js';
import {transfers} from './transfers/work.js';
import type {Played, Work} from './work.js';

const WORKS = ['executions', 'transfers'] as const;

const text = {type: 'string'} as const;
const {values} = parseArgs({
  options: {
    ...{work: text, seed: text, kills: text, round: text, report: text},
    ...{targets: text, phase: text, interrupted: text},
  },
});
const seed = whole('--seed', values.seed ?? String(Date.now() % 1_000_000));
const which = oneOf('--work', values.work ?? 'executions', WORKS);
const only = values.round === undefined ? undefined : whole('--round', values.round);

const began = Date.now();
const root = await mkdtemp(join(tmpdir(), 'waybill-campaign-'));
const work = await openWork();
// A terminal sends it to every server of the lab as well: the round under way says nothing any more.
const stopped = new Promise<undefined>((resolve) => {
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(1);
      asked = true;
      console.log('Ending; the round under way does not count.');
      resolve(undefined);
    });
  }
});
/** When the round began that was given up. */
let givenUp: Date | undefined;
const played: Played[] = [];
const complaints: string[] = [];
try {
  for (const number of numbers()) {
    const roundBegan = new Date();
    const playing = work.play(number);
    // Once given up it fails on what is closed under it.
    playing.catch(() => undefined);
    const round = await Promise.race([playing, stopped]);
    if (round === undefined) {
      givenUp = roundBegan;
      process.on('uncaughtException', ofGivenUpRound);
      break;
    }
    played.push(round);
    complaints.push(...round.complaints);
    tell(number, round);
  }
} finally {
  try {
    await work.close(
      played.flatMap(({started}) => started),
      givenUp,
    );
  } catch (error) {
    complaints.push(error instanceof Error ? error.message : String(error));
  }
  await rm(root, {recursive: true, force: true});
  await finish();
  // The round that was given up still waits for what never comes.
  if (givenUp) process.exit(process.exitCode);
}

async function openWork(): Promise<Work> {
  const common = {seed, kills: whole('--kills', values.kills ?? '120'), root};
  if (which === 'transfers') {
    return await transfers({...common, interrupted: whole('--interrupted', values.interrupted ?? '0')});
  }
  return await executions({...common, targets: targetsOf(values.targets), phases: phasesOf(values.phase)});
}

/** gRPC's client asks again from a timer, and throws there where its connection was closed meanwhile. */
function ofGivenUpRound({message}: Error): void {
  if (message !== 'Channel has been shut down') complaints.push(message);
}

function* numbers(): Generator<number> {
  if (only !== undefined) {
    yield only;
    return;
  }
  for (let number = 1; number <= work.mostRounds; number += 1) {
    if (!work.wantsMore()) return;
    yield number;
  }
  if (work.wantsMore()) complaints.push(`after ${work.mostRounds} rounds not everything was hit as often as asked for`);
}

function tell(number: number, round: Played): void {
  const held = round.complaints.length === 0 ? 'all hold' : `${round.complaints.length} FAILURES`;
  console.log(`round ${number}: ${round.summary}, ${held}`);
  for (const complaint of round.complaints) console.log(`  ${complaint}`);
  if (round.complaints.length > 0) {
    console.log(`  again: npm run campaign -- --work ${which} --seed ${seed}${work.again} --round ${number}`);
  }
}

async function finish(): Promise<void> {
  const given = process.argv
    .slice(2)
    .join(' ')
    .replace(/ *--report \S+/, '');
  const report = work.report({
    ...{rounds: played.length, seconds: (Date.now() - began) / 1000, complaints},
    command: `npm run campaign -- ${given}`,
    started: played.flatMap(({started}) => started),
  });
  console.log(`\n${report}`);
  console.log(`seed ${seed}: ${complaints.length} failures`);
  if (complaints.length > 0) process.exitCode = 1;
  if (values.report !== undefined) await writeFile(values.report, report);
}
