import {readdir, rm, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {type DurableLab, withDurableLab} from './durable.js';
import {makeFile, settle} from './lab.js';
import {type BenchReport, limitRow} from './report.js';
import {scaled} from './scale.js';
import {spread} from './statistics.js';

/** Less is there before it can be cut. */
const LEAST_BYTES = 2 ** 30;
const BYTES = scaled(4 * 2 ** 30, LEAST_BYTES);
const MIB = 2 ** 20;

const FIRST_BYTE_LIMIT_S = 10;
const WORTH_MS = 2_000;

interface Resumed {
  /** Bytes that the partial held when the worker was killed. */
  readonly held: number;
  /** Bytes a second until then. */
  readonly rate: number;
  /** Bytes that were sent after it. */
  readonly sent: number;
  /** From the kill to the first new byte in the partial. */
  readonly firstByteMs: number;
  /** From the kill to the result. */
  readonly restMs: number;
}

/** A file of 4 GiB over SSH whose worker is killed when half of it is there. */
export async function resumeFourGibibytes(runs: number): Promise<BenchReport> {
  return await withDurableLab(async (lab) => {
    await makeFile(join(lab.local, 'file'), BYTES);
    const resumed: Resumed[] = [];
    for (let count = 0; count < runs; count++) {
      resumed.push(await killHalfWay(lab, join(lab.remote, `moved-${count}`)));
      console.log(`resume-4gib: run ${count + 1} of ${runs}: ${JSON.stringify(resumed.at(-1))}`);
    }
    // What was missing has to be sent; what is sent beyond it must be worth two seconds at most.
    const again = resumed.map(({held, sent, rate}) => ({more: held + sent - BYTES, allowed: (rate * WORTH_MS) / 1000}));
    const worst = again.reduce((a, b) => (b.more / b.allowed > a.more / a.allowed ? b : a));
    const firstBytes = resumed.map(({firstByteMs}) => firstByteMs);
    const sent = resumed.map((one) => one.sent / BYTES).sort((a, b) => a - b);
    return {
      rows: [
        limitRow(
          'resume-4gib: sent again of what was there, worst',
          {ours: `${((sent.at(-1) ?? 0) * 100).toFixed(1)} % of the file sent after the kill`, peer: '–'},
          ...([worst.more / MIB, Math.round(worst.allowed / MIB), 'MiB'] as const),
        ),
        limitRow(
          'resume-4gib: kill to first new byte, worst',
          {ours: spread(firstBytes, 's'), peer: '–'},
          ...([Math.max(...firstBytes) / 1000, FIRST_BYTE_LIMIT_S, 's'] as const),
        ),
      ],
      notes: [
        `resume-4gib: ${spread(
          resumed.map(({restMs}) => restMs),
          's',
        )} from the kill to the result. Allowed is what ${WORTH_MS / 1000} s had carried at the speed before the kill. What was proved is what the result says; what was there is what the partial takes up on disk.`,
      ],
    };
  });
}

async function killHalfWay(lab: DurableLab, moved: string): Promise<Resumed> {
  await settle();
  const handle = await lab.client.copy({sources: [`here:${lab.local}/file`], destination: `lab:${moved}/`});
  const startedAt = Date.now();
  let partial = await partialIn(moved);
  while (partial.bytes < BYTES / 2) {
    await delay(5);
    partial = await partialIn(moved);
  }
  const before = await lab.stack.workerPid();
  process.kill(before, 'SIGKILL');
  const killedAt = Date.now();
  let now = before;
  while (now === before) {
    await delay(5);
    now = await lab.stack.workerPid().catch(() => before);
  }
  // What the dead worker had put on the line has arrived by then.
  const restartedAt = Date.now();
  const held = (await partialIn(moved)).bytes;
  let firstByteAt = 0;
  while (firstByteAt <= restartedAt) {
    await delay(5);
    const seen = await partialIn(moved);
    if (!seen.isThere) throw new Error('it was published before a new byte was seen');
    firstByteAt = seen.modifiedAt;
  }
  const result = await handle.result();
  const restMs = Date.now() - killedAt;
  if (result.outcome !== 'succeeded' || result.counts.resumed !== 1) throw new Error(JSON.stringify(result));
  await rm(moved, {recursive: true});
  return {
    ...{held, rate: (partial.bytes * 1000) / (killedAt - startedAt), sent: BYTES - result.counts.resumedBytes},
    ...{firstByteMs: firstByteAt - killedAt, restMs},
  };
}

async function partialIn(directory: string) {
  const names = await readdir(directory, {recursive: true}).catch(() => []);
  const name = names.find((each) => each.endsWith('.partial'));
  const found = name === undefined ? undefined : await stat(join(directory, name)).catch(() => undefined);
  return {isThere: found !== undefined, bytes: (found?.blocks ?? 0) * 512, modifiedAt: found?.mtimeMs ?? 0};
}
