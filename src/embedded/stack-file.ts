import {readFile, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {z} from 'zod';
import {isRunning, processIdentity} from './process-identity.js';

const postgresRecord = z.object({
  host: z.string(),
  port: z.number().int(),
  user: z.string(),
  database: z.string(),
  passwordFile: z.string(),
  process: processIdentity.optional(),
});

const stackRecord = z.object({
  version: z.literal(1),
  supervisor: processIdentity,
  temporal: z
    .object({
      address: z.string(),
      namespace: z.string(),
      /** Undefined for a server that the stack did not start. */
      uiAddress: z.string().optional(),
      process: processIdentity.optional(),
    })
    .optional(),
  postgres: postgresRecord.optional(),
  worker: z.object({process: processIdentity}).optional(),
});

/** What `stack.json` says: addresses and processes, no secret. */
export type StackRecord = z.infer<typeof stackRecord>;

/** The stack of a state directory, or undefined where none runs. */
export async function readStack(stateDirectory: string): Promise<StackRecord | undefined> {
  const record = await readStackFile(stateDirectory);
  return record !== undefined && (await isRunning(record.supervisor)) ? record : undefined;
}

/** What the last supervisor wrote, also one that is gone. A file of another version is as none. */
export async function readStackFile(stateDirectory: string): Promise<StackRecord | undefined> {
  const text = await readFile(stackFile(stateDirectory), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return stackRecord.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export async function writeStackFile(stateDirectory: string, record: StackRecord): Promise<void> {
  const path = stackFile(stateDirectory);
  await writeFile(`${path}.new`, `${JSON.stringify(record, undefined, 2)}\n`, {mode: 0o600});
  await rename(`${path}.new`, path);
}

export async function removeStackFile(stateDirectory: string): Promise<void> {
  await rm(stackFile(stateDirectory), {force: true});
}

function stackFile(stateDirectory: string): string {
  return join(stateDirectory, 'stack.json');
}
