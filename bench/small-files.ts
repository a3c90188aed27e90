import {randomBytes} from 'node:crypto';
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {type EngineResult, moveApart} from './engine.js';
import {hashBothSides} from './hashes.js';
import {type Lab, login, run, settle, sshCommand, withLab} from './lab.js';
import {type BenchReport, cpuNote, memoryRow, ratioRow} from './report.js';

const FILES = 5_000;
const FILE_BYTES = 4096;
const FILES_IN_A_DIRECTORY = 100;

/** Many small files to a target, against `rsync -a` bare and followed by `sha256sum` on both sides. */
export async function smallFiles(runs: number): Promise<BenchReport> {
  return await withLab(async (lab) => {
    await makeCorpus(join(lab.local, 'corpus'));
    const hashed: EngineResult[] = [];
    const bare: EngineResult[] = [];
    const rsynced: number[] = [];
    const rsyncedHashed: number[] = [];
    for (let count = 0; count < runs; count++) {
      hashed.push(await engine(lab, 'hash', `hashed-${count}`));
      const peer = await rsync(lab, `rsync-${count}`);
      rsynced.push(peer.moved);
      rsyncedHashed.push(peer.moved + peer.hashed);
      bare.push(await engine(lab, 'size', `bare-${count}`));
      console.log(`small-files: run ${count + 1} of ${runs}`);
    }
    const milliseconds = (results: readonly EngineResult[]) => results.map((result) => result.milliseconds);
    return {
      rows: [
        ratioRow('small-files: stage', milliseconds(hashed), {name: 'rsync, sha256sum ×2', values: rsyncedHashed}, 1),
        ratioRow('small-files: stage', milliseconds(hashed), {name: 'rsync', values: rsynced}),
        ratioRow('small-files: stage, size check', milliseconds(bare), {name: 'rsync', values: rsynced}),
        memoryRow(
          'small-files',
          [...hashed, ...bare].map((result) => result.peakKiB),
        ),
      ],
      notes: [
        "Size check means `verify: 'size'`: the profile shows that the blocks of a large file are still hashed here on the way. Small files are hashed whatever it says: theirs is the same work a second time.",
        cpuNote('small-files', hashed, bare),
        'small-files: 50 directories of 100 files each. Waybill flushes every file to disk; `rsync -a` leaves it to the kernel. Nothing is removed between two runs: ext4 without a journal passes over inodes that were removed in the last minute one by one, three times the time for creating a file where 5,000 were removed.',
      ],
    };
  });
}

async function makeCorpus(root: string): Promise<void> {
  for (let index = 0; index < FILES; index++) {
    const directory = join(root, `d${Math.floor(index / FILES_IN_A_DIRECTORY)}`);
    if (index % FILES_IN_A_DIRECTORY === 0) await mkdir(directory, {recursive: true});
    await writeFile(join(directory, `f${index}`), randomBytes(FILE_BYTES));
  }
}

async function engine(lab: Lab, verify: 'hash' | 'size', to: string): Promise<EngineResult> {
  await settle();
  const result = await moveApart(lab, {direction: 'stage', verify, from: 'corpus', to});
  if (result.files !== FILES) throw new Error(`${result.files} files moved`);
  return result;
}

async function rsync(lab: Lab, name: string): Promise<{readonly moved: number; readonly hashed: number}> {
  await settle();
  const [from, to] = [join(lab.local, 'corpus'), join(lab.remote, name)];
  const remoteShell = sshCommand(lab).join(' ');
  const {milliseconds: moved} = await run(['rsync', '-a', '-e', remoteShell, `${from}/`, `${login(lab)}:${to}/`]);
  const hashed = await hashBothSides(lab, from, to);
  return {moved, hashed};
}
