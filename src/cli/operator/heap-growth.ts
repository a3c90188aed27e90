import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';

/** What is not reachable any more may take half as much as what is. */
const GROWTH_PERCENT = 50;

/**
 * Has V8 collect the garbage of a process that stays. By itself it waits for half a gibibyte before it looks through the
 * whole heap for the first time, on a machine with much memory, and lets the heap grow fourfold after that: a worker that
 * holds 80 MiB came to 530 MiB. The limit is worked out at each collection, so that the first is made here; `gc` is the
 * only way to ask for it.
 */
export function limitHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
  setFlagsFromString('--no-expose-gc');
}
