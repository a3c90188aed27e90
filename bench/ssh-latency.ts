import {withDurableLab} from './durable.js';
import {oneFile} from './one-file.js';
import {scp, sftp} from './peers/file-peers.js';
import type {BenchReport} from './report.js';

const DELAY_MS = 25;

/** One file of 1 GiB each way over a line of 50 ms a round trip, against `sftp`, `scp` and rclone. */
export async function sshLatency(runs: number): Promise<BenchReport> {
  return await withDurableLab(
    async (lab) => {
      const {rows, notes} = await oneFile(lab, {
        ...{name: 'ssh-latency', runs, rclone: 1},
        rivals: [
          {peer: sftp, proved: 4},
          {peer: scp, proved: 4},
        ],
      });
      return {
        rows,
        notes: [
          ...notes,
          `ssh-latency: toxiproxy, a proxy in user space, holds back each byte for ${DELAY_MS} ms either way, and takes processor time for each of them.`,
        ],
      };
    },
    {delayMs: DELAY_MS},
  );
}
