import {join} from 'node:path';
import {copyDurably, withDurableLab} from './durable.js';
import {peakMemory} from './engine.js';
import {hashBothSides} from './hashes.js';
import {makeFile, settle} from './lab.js';
import {type BenchReport, memoryRow} from './report.js';
import {scaled} from './scale.js';
import {spread} from './statistics.js';

const TRANSFERS = scaled(100);
const FILE_BYTES = scaled(20 * 2 ** 20);
const MEMORY_LIMIT_MIB = 450;

/** A hundred transfers over SSH that begin at once: all of them right, and what the worker needs for them. */
export async function hundredTransfers(runs: number): Promise<BenchReport> {
  return await withDurableLab(async (lab) => {
    for (let index = 0; index < TRANSFERS; index++) await makeFile(join(lab.local, 'corpus', `f${index}`), FILE_BYTES);
    const times: number[] = [];
    for (let count = 0; count < runs; count++) {
      await settle();
      const start = performance.now();
      const copies = Array.from({length: TRANSFERS}, (_, index) =>
        copyDurably(lab, `here:${lab.local}/corpus/f${index}`, `lab:${lab.remote}/moved-${count}/`),
      );
      await Promise.all(copies);
      times.push(performance.now() - start);
      await hashBothSides(lab, join(lab.local, 'corpus'), join(lab.remote, `moved-${count}`));
      console.log(`hundred-transfers: run ${count + 1} of ${runs}`);
    }
    return {
      rows: [
        {
          measure: 'hundred-transfers: of 20 MiB each, to the last result',
          ours: spread(times, 's'),
          peer: '–',
          figure: `${runs * TRANSFERS} of ${runs * TRANSFERS} right`,
          target: 'all',
          met: true,
        },
        memoryRow('hundred-transfers: worker', [await peakMemory(await lab.stack.workerPid())], MEMORY_LIMIT_MIB),
      ],
      notes: ['hundred-transfers: both sides are hashed after each run; one that differed would have ended the bench.'],
    };
  });
}
