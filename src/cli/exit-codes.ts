import type {DownloadedFile} from '../client/api.js';
import type {ExecutionResult} from '../contracts/execution.js';

/** Takes the exit status of the process; 0 where a command never calls it. */
export type Finish = (status: number) => void;

export interface ExitCodeRow {
  readonly status: string;
  readonly meaning: string;
}

/** Waybill's own statuses: a range that few commands use, as `env` and `timeout` do. */
export const EXIT = {
  ok: 0,
  checkFailed: 1,
  outputs: 120,
  lost: 121,
  detached: 122,
  unreachable: 123,
  timedOut: 124,
  failed: 125,
  notFound: 127,
  cancelled: 130,
  pipe: 141,
} as const;

export const exitCodeTable: readonly ExitCodeRow[] = [
  {status: '0…255', meaning: "The command's own exit status, whenever the command ended by itself."},
  {status: '128 + N', meaning: 'The command was ended by signal N that did not come from Waybill.'},
  {
    status: '1',
    meaning:
      '`targets check`: at least one check failed. `targets trust`: the answer was not yes. `check`: something is missing or differs. `stat`: nothing is there. `download` with patterns: no output matches.',
  },
  {
    status: '120',
    meaning:
      'The command exited with 0, but an output is missing or could not be collected or downloaded. `copy`: at least one file failed, the others are there. `run --batch`: at least one execution did not succeed, or its outputs were not downloaded; the others are there.',
  },
  {
    status: '121',
    meaning: 'Lost: the process is gone and left no exit status (restarted machine, killed from outside).',
  },
  {
    status: '122',
    meaning: 'Detached on Ctrl-C, SIGTERM or SIGHUP: the run goes on, `waybill wait ID` follows it again.',
  },
  {
    status: '123',
    meaning:
      'Temporal or a worker does not answer: the same call may work later. A command that Temporal has answered before waits five minutes for it.',
  },
  {status: '124', meaning: 'The time limit of `--timeout` was over and the command was ended.'},
  {status: '125', meaning: 'Waybill failed: wrong usage, configuration, permission, staging, a broken store.'},
  {status: '127', meaning: 'The command was not found on the target.'},
  {status: '130', meaning: 'Cancelled, by `waybill cancel` or on Ctrl-C.'},
  {status: '141', meaning: 'The reader of standard output went away (as `| head` does).'},
];

/** The status that `run`, `wait` and `retry` end with. The command's own failure comes before everything else. */
export function exitCodeOf(result: ExecutionResult, downloads: readonly DownloadedFile[] = []): number {
  const {command} = result;
  if (command?.outcome === 'exited' && command.status !== 0) return command.status;
  if (command?.outcome === 'signalled') return 128 + command.signal;
  if (command?.outcome === 'timed-out') return EXIT.timedOut;
  switch (result.outcome) {
    case 'lost':
      return EXIT.lost;
    case 'cancelled':
      return EXIT.cancelled;
    case 'failed':
      return exitCodeOfFailure(result);
    case 'succeeded':
      return downloads.some((file) => file.outcome === 'failed') ? EXIT.outputs : EXIT.ok;
  }
}

function exitCodeOfFailure({command, failure}: ExecutionResult): number {
  if (failure?.code === 'execution.command-not-found') return EXIT.notFound;
  if (failure?.code === 'execution.timed-out') return EXIT.timedOut;
  if (command?.outcome === 'exited') return EXIT.outputs;
  return EXIT.failed;
}
