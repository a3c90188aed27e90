import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {openSshChannel} from '../src/channel/index.js';
import {SshPool} from '../src/ssh/pool.js';
import {collect} from '../src/stores/contract/subject.js';
import {endpointOf} from '../test/servers/sshd-endpoint.js';
import {makeTree, withLab} from './lab.js';
import {type BenchReport, limitRow} from './report.js';
import {median, spread} from './statistics.js';

const TURNS = 20;
const SMALL_BYTES = 1_000;
const ENTRIES = 1_000;
const FILES = 100;

interface Question {
  readonly what: string;
  readonly limitMs: number;
  readonly ask: (turn: number) => Promise<unknown>;
}

/** What the requirements say of an SSH channel that is open. */
export async function channel(runs: number): Promise<BenchReport> {
  return await withLab(async (lab) => {
    const {local, remote} = lab;
    await writeFile(join(local, 'small'), 'x'.repeat(SMALL_BYTES));
    await makeTree(join(local, 'files'), FILES, SMALL_BYTES);
    await mkdir(join(remote, 'entries'));
    for (let index = 0; index < ENTRIES; index++) await writeFile(join(remote, 'entries', `${index}`), '');
    const pool = new SshPool(endpointOf(lab.sshd));
    const open = openSshChannel({pool, root: remote});
    const questions: readonly Question[] = [
      {
        ...{what: 'a session of an open connection', limitMs: 50},
        ask: async () => (await pool.openSftp()).end(),
      },
      {
        ...{what: 'a file of 1,000 bytes, proved', limitMs: 100},
        ask: (turn) => open.upload(join(local, 'small'), `small-${turn}`),
      },
      {
        ...{what: 'a listing of 1,000 entries', limitMs: 2_000},
        ask: async () => {
          const {length} = await collect(open.list('entries'));
          if (length !== ENTRIES) throw new Error(`${length} entries listed`);
        },
      },
      {
        ...{what: '100 files of 1,000 bytes, proved', limitMs: 1_000},
        ask: (turn) => open.upload(join(local, 'files/'), `files-${turn}`),
      },
    ];
    try {
      await open.exists('small');
      const rows = [];
      for (const {what, limitMs, ask} of questions) {
        const times: number[] = [];
        for (let turn = 0; turn < TURNS * runs; turn++) {
          const start = performance.now();
          await ask(turn);
          times.push(performance.now() - start);
        }
        rows.push(limitRow(`channel: ${what}`, {ours: spread(times, 'ms'), peer: '–'}, median(times), limitMs, 'ms'));
      }
      return {runs: TURNS * runs, rows, notes: ['channel: one after the other, over one connection.']};
    } finally {
      await open[Symbol.asyncDispose]();
      await pool.close();
    }
  });
}
