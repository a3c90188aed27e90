import {readFile} from 'node:fs/promises';
import type {ExecutionResult} from '../../src/contracts/execution.js';
import type {Crash, Direction} from './crash.js';
import type {Journal} from './journal.js';
import {count, megabytes, type Transcript} from './transcript.js';

export interface Evidence {
  readonly result: ExecutionResult;
  readonly crashes: readonly Crash[];
  readonly journals: Readonly<Record<Direction, Journal>>;
  /** What crossed the line, with what SSH itself adds. */
  readonly carried: Readonly<Record<Direction, number>>;
  readonly bytes: Readonly<Record<Direction, number>>;
  /** Why times say nothing: the machine had more to do than it can before this began. */
  readonly busy: string | undefined;
}

/** At most this many seconds' worth and one block are sent again. */
const RESENT_SECONDS = 2;
const BLOCK_BYTES = 8 * 1024 * 1024;
/** What SSH and SFTP add to the bytes of files, at most: frames, requests, and answers to the other direction. */
const OVERHEAD = 0.03;
const FIRST_BYTE_MS = 3_000;

/** The table of what the crashes cost, and whether it is within what is promised. */
export function reportCrashes(transcript: Transcript, evidence: Evidence): void {
  const {crashes, journals, carried, bytes} = evidence;
  const directions = ['stage', 'collect'] as const;
  const of = (direction: Direction) => crashes.find((crash) => crash.direction === direction);
  const row = (title: string, cell: (direction: Direction) => string) =>
    transcript.row(title, ...directions.map((direction) => cell(direction)));
  transcript.heading('What the crashes cost');
  row('', (direction) => (direction === 'stage' ? 'while it stages' : 'while it collects'));
  row('killed at', (direction) => {
    const known = of(direction)?.known;
    return known === undefined ? 'never' : `${megabytes(known.bytesDone)} of ${megabytes(known.bytesTotal)}`;
  });
  row('proved in place, not sent again', (direction) =>
    megabytes(journals[direction].resumed.reduce((sum, {resumedBytes}) => sum + resumedBytes, 0)),
  );
  row('sent twice, with what SSH adds', (direction) => megabytes(carried[direction] - bytes[direction]));
  row('restart to first new byte', (direction) => `${((latency(of(direction)) ?? 0) / 1000).toFixed(1)} s`);
  row('crash to first new byte', (direction) => {
    const crash = of(direction);
    return crash?.movingAt === undefined ? 'never' : `${((crash.movingAt - crash.killedAt) / 1000).toFixed(1)} s`;
  });
  for (const direction of directions) {
    for (const {name, resumedBytes, size} of journals[direction].resumed) {
      const file = name.split('/').slice(-2).join('/');
      transcript.row(`${direction}: ${file}`, `went on from byte ${count(resumedBytes)} of ${count(size)}`);
    }
  }

  transcript.heading('What holds');
  transcript.check(
    crashes.length === 2,
    `the worker was killed ${crashes.length} times: while it staged, while it collected`,
  );
  for (const direction of directions) {
    const {resumed, resentBytes} = journals[direction];
    const most = RESENT_SECONDS * (of(direction)?.known.rate ?? 0) + BLOCK_BYTES;
    transcript.check(
      resumed.length > 0 && of(direction)?.resumed !== undefined,
      `${direction}: the next attempt took up what was there`,
    );
    transcript.check(
      resentBytes <= most && carried[direction] <= bytes[direction] * (1 + OVERHEAD) + most,
      `${direction}: at most ${RESENT_SECONDS} s worth of bytes and one block were sent twice`,
    );
    const inTime = `${direction}: new bytes within ${FIRST_BYTE_MS / 1000} s of the restart`;
    const held = (latency(of(direction)) ?? Infinity) <= FIRST_BYTE_MS;
    // What holds on a busy machine holds; what does not says nothing of an idle one.
    if (held || evidence.busy === undefined) transcript.check(held, inTime);
    else transcript.note(`${inTime}: not judged, ${evidence.busy}`);
  }
}

export async function reportEnd(transcript: Transcript, {result, journals}: Evidence, starts: string): Promise<void> {
  const lines = (await readFile(starts, 'utf8').catch(() => '')).split('\n').length - 1;
  transcript.check(
    result.outcome === 'succeeded' && journals.stage.failed.length + journals.collect.failed.length === 0,
    `the execution ended once, as ${result.outcome}${result.failure === undefined ? '' : `: ${result.failure.message}`}`,
  );
  transcript.check(lines === 1 && result.starts === 1, `the command ran ${lines === 1 ? 'once' : `${lines} times`}`);
}

function latency(crash: Crash | undefined): number | undefined {
  if (crash?.movingAt === undefined || crash.restartedAt === undefined) return undefined;
  return crash.movingAt - crash.restartedAt;
}
