import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {copyDurably, type DurableLab, withDurableLab} from './durable.js';
import {type EngineResult, moveApart} from './engine.js';
import {hashBothSides} from './hashes.js';
import {type Direction, DIRECTIONS, type Lab, login, makeTree, run, settle, sshCommand} from './lab.js';
import {rcloneSftp} from './peers/file-peers.js';
import {installPeer} from './peers/install.js';
import {type BenchReport, cpuNote, memoryRow, ratioRow} from './report.js';
import {scaled} from './scale.js';

const FILES = scaled(5_000);
/** rclone asks for the digest of each file by a command of its own. */
const FEW = scaled(500);
const FILE_BYTES = 4096;
/** Moves that a process has behind it when it counts as warm: after them one more takes no less processor time. */
const MOVED_BEFORE = 4;

/** Many small files each way, against `rsync -a` and, fewer of them, against rclone. */
export async function smallFiles(runs: number): Promise<BenchReport> {
  return await withDurableLab(async (lab) => {
    for (const files of [FILES, FEW]) {
      await makeTree(join(lab.local, `${files}`), files, FILE_BYTES);
      await run(['cp', '-r', join(lab.local, `${files}`), lab.remote]);
    }
    const reports: BenchReport[] = [];
    for (const direction of DIRECTIONS) reports.push(await oneWay(lab, direction, runs));
    return {
      rows: reports.flatMap(({rows}) => rows),
      notes: [
        ...reports.flatMap(({notes}) => notes),
        "Size check means `verify: 'size'`: the profile shows that the blocks of a large file are still hashed here on the way. Small files are hashed whatever it says: theirs is the same work a second time.",
        'small-files: directories of 100 files each; durable is the workflow from its start by a client to its result, the others are the engine in a process of its own: a new one, which spends more processor time on compiling its JavaScript than on moving, and a warm one, which has moved as many files four times before, as a worker has, and whose connections are open. Waybill flushes every file to disk; `rsync -a` leaves it to the kernel. Nothing is removed between two runs: ext4 without a journal passes over inodes that were removed in the last minute one by one, three times the time for creating a file where 5,000 were removed.',
      ],
    };
  });
}

async function oneWay(lab: DurableLab, direction: Direction, runs: number): Promise<BenchReport> {
  const title = `small-files: ${direction}`;
  const durable: number[] = [];
  const hashed: EngineResult[] = [];
  const warm: EngineResult[] = [];
  const bare: EngineResult[] = [];
  const rsynced: number[] = [];
  const rsyncedHashed: number[] = [];
  const few: number[] = [];
  const rcloned: number[] = [];
  for (let count = 0; count < runs; count++) {
    durable.push(await copy(lab, direction, FILES, `durable-${count}`));
    const peer = await rsync(lab, direction, `rsync-${count}`);
    rsynced.push(peer.moved);
    rsyncedHashed.push(peer.moved + peer.hashed);
    hashed.push(await engine(lab, direction, 'hash', `hashed-${count}`));
    warm.push(await engine(lab, direction, 'hash', `warm-${count}`, MOVED_BEFORE));
    bare.push(await engine(lab, direction, 'size', `bare-${count}`));
    few.push(await copy(lab, direction, FEW, `few-${count}`));
    rcloned.push(await rclone(lab, direction, `rclone-${count}`));
    console.log(`${title}: run ${count + 1} of ${runs}`);
  }
  const milliseconds = (results: readonly EngineResult[]) => results.map((result) => result.milliseconds);
  return {
    rows: [
      ratioRow(title, milliseconds(hashed), {name: 'rsync, sha256sum ×2', values: rsyncedHashed}, 1),
      ratioRow(title, milliseconds(hashed), {name: 'rsync', values: rsynced}),
      ratioRow(`${title}, warm process`, milliseconds(warm), {name: 'rsync, sha256sum ×2', values: rsyncedHashed}, 1),
      ratioRow(`${title}, warm process`, milliseconds(warm), {name: 'rsync', values: rsynced}),
      ratioRow(`${title}, durable`, durable, {name: 'rsync, sha256sum ×2', values: rsyncedHashed}, 1),
      ratioRow(`${title}, durable`, durable, {name: 'rsync', values: rsynced}),
      ratioRow(`${title}, size check`, milliseconds(bare), {name: 'rsync', values: rsynced}, 0.7),
      ratioRow(`${title}, ${FEW} files, durable`, few, {name: 'rclone', values: rcloned}, 1),
      memoryRow(
        title,
        [...hashed, ...warm, ...bare].map(({peakKiB}) => peakKiB),
      ),
    ],
    notes: [cpuNote(title, {proved: hashed, 'proved, warm process': warm, 'with a size check': bare})],
  };
}

async function copy(lab: DurableLab, direction: Direction, files: number, to: string): Promise<number> {
  await settle();
  const [here, there] = [`here:${lab.local}`, `lab:${lab.remote}`];
  const [source, destination] = direction === 'stage' ? [here, there] : [there, here];
  const {milliseconds, result} = await copyDurably(lab, `${source}/${files}/`, `${destination}/${to}`);
  if (result.counts.copied !== files) throw new Error(`${result.counts.copied} files were copied`);
  return milliseconds;
}

async function engine(
  lab: Lab,
  direction: Direction,
  verify: 'hash' | 'size',
  to: string,
  before = 0,
): Promise<EngineResult> {
  await settle();
  const result = await moveApart(lab, {direction, verify, from: `${FILES}`, to, before});
  if (result.files !== FILES) throw new Error(`${result.files} files moved`);
  return result;
}

async function rsync(
  lab: Lab,
  direction: Direction,
  name: string,
): Promise<{readonly moved: number; readonly hashed: number}> {
  await settle();
  const remoteShell = sshCommand(lab).join(' ');
  const [here, there] = sides(lab, direction, `${FILES}`, name);
  const far = `${login(lab)}:${there}/`;
  const ends = direction === 'stage' ? [`${here}/`, far] : [far, `${here}/`];
  const {milliseconds: moved} = await run(['rsync', '-a', '-e', remoteShell, ...ends]);
  return {moved, hashed: await hashBothSides(lab, here, there)};
}

/** With as many files at once as suit it: more than its four, and no more connections than sshd takes at once. */
async function rclone(lab: Lab, direction: Direction, name: string): Promise<number> {
  const program = await installPeer('rclone');
  const [here, there] = sides(lab, direction, `${FEW}`, name);
  const far = `:sftp:${there}`;
  const ends = direction === 'stage' ? [here, far] : [far, here];
  await mkdir(direction === 'stage' ? there : here);
  await settle();
  const atOnce = ['--transfers', '8', '--checkers', '8'];
  return (await run([...program, 'copy', ...rcloneSftp(lab), ...atOnce, ...ends])).milliseconds;
}

/** The corpus on the side that sends and `name` on the other: first here, then there. */
function sides({local, remote}: Lab, direction: Direction, corpus: string, name: string): readonly [string, string] {
  return direction === 'stage' ? [join(local, corpus), join(remote, name)] : [join(local, name), join(remote, corpus)];
}
