import {WaybillError} from '../contracts/errors.js';
import {executionId} from '../contracts/ids.js';
import {checkStoreName, joinStorePath} from '../stores/paths.js';
import type {StorePath} from '../stores/store.js';

/**
 * Where everything lies below the root of the default store. Names come from users and jobs: each function rejects with
 * `name.outside-root` or `name.not-carried` what would leave its directory, and with `input.invalid` an id or a
 * generation that is none.
 */

/** `executions/nightly-7` */
export function executionRoot(id: string): StorePath {
  return joinStorePath('executions', checkId(id));
}

/** `executions/nightly-7/inputs` */
export function inputsRoot(id: string): StorePath {
  return joinStorePath(executionRoot(id), 'inputs');
}

/** `executions/nightly-7/inputs/data/a.csv` */
export function inputKey(id: string, name: string): StorePath {
  return below(inputsRoot(id), name);
}

/** `executions/nightly-7/inputs.ndjson`: what the client has put into the store, written last. */
export function inputManifestKey(id: string): StorePath {
  return joinStorePath(executionRoot(id), 'inputs.ndjson');
}

/** `executions/nightly-7/outputs` for the first generation, `executions/nightly-7/outputs-g2` for the second */
export function outputsRoot(id: string, generation: number): StorePath {
  const number = checkGeneration(generation);
  return joinStorePath(executionRoot(id), number === 1 ? 'outputs' : `outputs-g${number}`);
}

/** `executions/nightly-7/outputs`: what the keys of the outputs of all generations begin with */
export function outputsBeginning(id: string): StorePath {
  return outputsRoot(id, 1);
}

/** `executions/nightly-7/outputs/result/b.json` */
export function outputKey(id: string, generation: number, name: string): StorePath {
  return below(outputsRoot(id, generation), name);
}

/** `executions/nightly-7/logs/g1/stdout`: log objects of one stream, each named by the offset of its first byte */
export function logsRoot(id: string, generation: number, stream: 'stdout' | 'stderr'): StorePath {
  return joinStorePath(executionRoot(id), 'logs', `g${checkGeneration(generation)}`, stream);
}

/** `executions/nightly-7/logs/g1/stdout/0000000000065536` */
export function logKey(id: string, generation: number, stream: 'stdout' | 'stderr', name: string): StorePath {
  return joinStorePath(logsRoot(id, generation, stream), checkStoreName(name));
}

/** `executions/nightly-7/partials`: unfinished files, same file system as what they become */
export function partialsRoot(id: string): StorePath {
  return joinStorePath(executionRoot(id), 'partials');
}

/** `journal/nightly-7` */
export function journalRoot(id: string): StorePath {
  return joinStorePath('journal', checkId(id));
}

/** `journal/nightly-7/record.json`: from which the catalog can be made again */
export function recordKey(id: string): StorePath {
  return joinStorePath(journalRoot(id), 'record.json');
}

/** `journal/nightly-7/g1/collect`: plan, outcomes and manifest of one stage of one generation */
export function journalStageRoot(id: string, generation: number, stage: 'stage' | 'run' | 'collect'): StorePath {
  return joinStorePath(journalRoot(id), `g${checkGeneration(generation)}`, stage);
}

/** `journal/nightly-7/g1/collect/plan.ndjson` */
export function journalKey(
  id: string,
  generation: number,
  stage: 'stage' | 'run' | 'collect',
  name: string,
): StorePath {
  return joinStorePath(journalStageRoot(id, generation, stage), checkStoreName(name));
}

/** `transfers/nightly-7`: plan, outcomes and manifest of one transfer */
export function transferRoot(id: string): StorePath {
  return joinStorePath('transfers', checkId(id));
}

/** `batches/nightly` */
export function batchRoot(id: string): StorePath {
  return joinStorePath('batches', checkId(id));
}

/** `batches/nightly/batch.json`: the request; written first */
export function batchKey(id: string): StorePath {
  return joinStorePath(batchRoot(id), 'batch.json');
}

/** `batches/nightly/r2`: what a round is about and what came of it; the first is r1 */
export function batchRoundRoot(id: string, round: number): StorePath {
  if (!Number.isSafeInteger(round) || round < 1) throw new WaybillError('input.invalid', `${round} is not a round.`);
  return joinStorePath(batchRoot(id), `r${round}`);
}

/** `batches/nightly/r1/items-000000.ndjson`: of the first round the client writes them, when their inputs are in the store */
export function batchItemsKey(id: string, round: number, page: number): StorePath {
  return joinStorePath(batchRoundRoot(id, round), `items-${String(page).padStart(6, '0')}.ndjson`);
}

/** `batches/nightly/r1/outcomes-000000.ndjson`: in the order in which the executions ended */
export function batchOutcomesKey(id: string, round: number, page: number): StorePath {
  return joinStorePath(batchRoundRoot(id, round), `outcomes-${String(page).padStart(6, '0')}.ndjson`);
}

/** `batches/nightly/r2/round.json`: whose round it is; written after its items */
export function batchRoundKey(id: string, round: number): StorePath {
  return joinStorePath(batchRoundRoot(id, round), 'round.json');
}

/** `batches/nightly/r1/result.json`: written last */
export function batchResultKey(id: string, round: number): StorePath {
  return joinStorePath(batchRoundRoot(id, round), 'result.json');
}

/** An empty name is the directory itself, which is no file's key. */
function below(root: StorePath, name: string): StorePath {
  if (name === '') throw new WaybillError('name.outside-root', 'A file needs a name.', {path: name});
  return joinStorePath(root, name);
}

function checkId(id: string): string {
  const parsed = executionId.safeParse(id);
  if (parsed.success) return parsed.data;
  throw new WaybillError('input.invalid', `${JSON.stringify(id)} is not an execution's id.`, {path: id});
}

function checkGeneration(generation: number): number {
  if (Number.isSafeInteger(generation) && generation >= 1) return generation;
  throw new WaybillError('input.invalid', `${generation} is not a generation: they count from 1.`);
}
