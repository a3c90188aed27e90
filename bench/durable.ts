import {WaybillClient} from '../src/client/client.js';
import type {TransferResult} from '../src/contracts/transfer.js';
import {type Lab, type LabOptions, run, withLab} from './lab.js';
import {type BenchStack, CLI, withStack} from './stack.js';

/** A lab with a stack that runs what is built from the sources as they are, and a client of it. */
export interface DurableLab extends Lab {
  readonly stack: BenchStack;
  readonly client: WaybillClient;
}

export interface DurableLabOptions extends LabOptions {
  /** Of the worker's configuration, beside its targets, or in their place. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export async function withDurableLab<T>(
  work: (lab: DurableLab) => Promise<T>,
  {settings, ...options}: DurableLabOptions = {},
): Promise<T> {
  await run([process.execPath, 'dev/run-typescript.mjs', 'dev/build.ts']);
  return await withLab(
    (lab) =>
      withStack(
        lab,
        async (stack) => {
          const client = await WaybillClient.connect({address: stack.address});
          try {
            return await work({...lab, stack, client});
          } finally {
            await client.close();
          }
        },
        settings,
      ),
    options,
  );
}

export interface Copied {
  readonly milliseconds: number;
  readonly result: TransferResult;
}

/** A transfer as an orchestrator starts it, to its result. Rejects where not everything arrived. */
export async function copyDurably({client}: DurableLab, source: string, destination: string): Promise<Copied> {
  const start = performance.now();
  const handle = await client.copy({sources: [source], destination});
  const result = await handle.result();
  const milliseconds = performance.now() - start;
  if (result.outcome !== 'succeeded') throw new Error(`${source} to ${destination}: ${JSON.stringify(result)}`);
  return {milliseconds, result};
}

/** `waybill copy` as somebody types it: milliseconds of the whole command. */
export async function copyCommand({stack}: DurableLab, args: readonly string[]): Promise<number> {
  const ran = await run([process.execPath, CLI, 'copy', ...args], {
    directory: stack.directory,
    environment: {...process.env, TEMPORAL_ADDRESS: stack.address},
  });
  return ran.milliseconds;
}
