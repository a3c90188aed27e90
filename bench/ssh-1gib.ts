import {withDurableLab} from './durable.js';
import {oneFile} from './one-file.js';
import {sftp} from './peers/file-peers.js';
import type {BenchReport} from './report.js';

/** One file of 1 GiB over SSH each way, against `sftp` and rclone. */
export async function sshOneGibibyte(runs: number): Promise<BenchReport> {
  return await withDurableLab(async (lab) => {
    const {rows, notes} = await oneFile(lab, {
      ...{name: 'ssh-1gib', runs, rclone: 1.5},
      rivals: [{peer: sftp, proved: 1.2, bare: 1}],
    });
    return {
      rows,
      notes: [
        ...notes,
        'ssh-1gib: durable is the workflow from its start by a client to its result, every byte proved; the other rows are the engine in a process of its own, connecting included. Waybill flushes the file and its name to disk before it counts; the others leave both to the kernel. A `sync` outside of the times stands between any two runs. rclone compares MD5 or SHA-1 of both sides by itself; its settings are those that were fastest of three.',
      ],
    };
  });
}
