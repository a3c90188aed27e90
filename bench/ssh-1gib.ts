import {mkdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {type EngineResult, moveApart} from './engine.js';
import {hashBothSides} from './hashes.js';
import {type Lab, login, run, settle, withLab} from './lab.js';
import {type BenchReport, cpuNote, memoryRow, ratioRow} from './report.js';

const MEBIBYTES = 1024;
const DIRECTIONS = ['stage', 'collect'] as const;
type Direction = (typeof DIRECTIONS)[number];

/** One file of 1 GiB each way, against `sftp` bare and followed by `sha256sum` on both sides. */
export async function sshOneGibibyte(runs: number): Promise<BenchReport> {
  return await withLab(async (lab) => {
    for (const side of [lab.local, lab.remote]) await mkdir(join(side, 'corpus'));
    const [here, there] = [lab.local, lab.remote].map((side) => join(side, 'corpus/file'));
    await run(['dd', 'if=/dev/urandom', `of=${here}`, 'bs=1M', `count=${MEBIBYTES}`]);
    await run(['cp', String(here), String(there)]);
    const reports: BenchReport[] = [];
    for (const direction of DIRECTIONS) reports.push(await oneWay(lab, direction, runs));
    return {
      rows: reports.flatMap(({rows}) => rows),
      notes: [
        ...reports.flatMap(({notes}) => notes),
        'ssh-1gib: times of both sides include connecting. Waybill flushes the file and its name to disk before it counts; `sftp` leaves both to the kernel. A `sync` outside of the times stands between any two runs.',
      ],
    };
  });
}

async function oneWay(lab: Lab, direction: Direction, runs: number): Promise<BenchReport> {
  const hashed: EngineResult[] = [];
  const bare: EngineResult[] = [];
  const sftp: number[] = [];
  const sftpHashed: number[] = [];
  for (let count = 0; count < runs; count++) {
    hashed.push(await engine(lab, direction, 'hash'));
    const peer = await openSsh(lab, direction);
    sftp.push(peer.moved);
    sftpHashed.push(peer.moved + peer.hashed);
    bare.push(await engine(lab, direction, 'size'));
    console.log(`ssh-1gib ${direction}: run ${count + 1} of ${runs}`);
  }
  const milliseconds = (results: readonly EngineResult[]) => results.map((result) => result.milliseconds);
  const rows = [
    ratioRow(`ssh-1gib: ${direction}`, milliseconds(hashed), {name: 'sftp, sha256sum ×2', values: sftpHashed}, 1.2),
    ratioRow(`ssh-1gib: ${direction}, size check`, milliseconds(bare), {name: 'sftp', values: sftp}, 1),
    memoryRow(
      `ssh-1gib: ${direction}`,
      [...hashed, ...bare].map((result) => result.peakKiB),
    ),
  ];
  return {rows, notes: [cpuNote(`ssh-1gib: ${direction}`, hashed, bare)]};
}

async function engine(lab: Lab, direction: Direction, verify: 'hash' | 'size'): Promise<EngineResult> {
  await settle();
  const result = await moveApart(lab, {direction, verify, from: 'corpus', to: 'moved'});
  await rm(join(direction === 'stage' ? lab.remote : lab.local, 'moved'), {recursive: true});
  if (result.bytes !== MEBIBYTES * 2 ** 20) throw new Error(`${result.bytes} bytes moved`);
  return result;
}

async function openSsh(lab: Lab, direction: Direction): Promise<{readonly moved: number; readonly hashed: number}> {
  await settle();
  const [from, to] = direction === 'stage' ? [lab.local, lab.remote] : [lab.remote, lab.local];
  await mkdir(join(to, 'moved'));
  const verb = direction === 'stage' ? 'put' : 'get';
  const {milliseconds: moved} = await run(
    ['sftp', '-q', ...lab.sshOptions, '-P', String(lab.sshd.port), '-b', '-', login(lab)],
    {input: `${verb} ${join(from, 'corpus/file')} ${join(to, 'moved/file')}\n`},
  );
  const [here, there] =
    direction === 'stage' ? [join(from, 'corpus'), join(to, 'moved')] : [join(to, 'moved'), join(from, 'corpus')];
  const hashed = await hashBothSides(lab, here, there);
  await rm(join(to, 'moved'), {recursive: true});
  return {moved, hashed};
}
