import {z} from 'zod';
import {hasCode} from '../contracts/errors.js';
import type {CallOptions, Store, StorePath} from '../stores/store.js';

/**
 * One output of a command in a store: objects named by the offset of their first byte, each beginning where another
 * ends, and `end` once nothing more comes.
 *
 * ```
 * stdout/0000000000000000    the first 812 bytes
 * stdout/0000000000000812    what follows
 * stdout/end                 {"version":1,"size":1624,"capped":false}
 * ```
 */
export const LOG_OBJECT_MAX_BYTES = 1024 * 1024;

const END_NAME = 'end';
const MAX_END_BYTES = 1024;

const logEnd = z.object({
  version: z.literal(1),
  /** Bytes of the whole log. */
  size: z.number().int().nonnegative(),
  /** The command wrote more than the cap: what came after `size` bytes was not kept. */
  capped: z.boolean(),
});
export type LogEnd = z.infer<typeof logEnd>;

export function logObjectName(offset: number): string {
  return String(offset).padStart(16, '0');
}

/** Writes a log object, or takes the one that another attempt has written; the answer is where the next begins. */
export async function putLogObject(
  store: Store,
  directory: StorePath,
  offset: number,
  content: Uint8Array,
  options: CallOptions,
): Promise<number> {
  const key = `${directory}/${logObjectName(offset)}`;
  if (await store.putObject(key, content, {...options, ifAbsent: true})) return offset + content.length;
  const theirs = await store.stat(key, options);
  return offset + (theirs?.size ?? 0);
}

/** Where the objects that are there end, counted from the beginning without a gap. */
export async function copiedBytes(store: Store, directory: StorePath, options: CallOptions): Promise<number> {
  const sizes = new Map<string, number>();
  try {
    for await (const entry of store.list(directory, options)) sizes.set(entry.name, entry.size);
  } catch (error) {
    if (hasCode(error, 'store.not-found')) return 0;
    throw error;
  }
  let offset = 0;
  for (
    let size = sizes.get(logObjectName(0));
    size !== undefined && size > 0;
    size = sizes.get(logObjectName(offset))
  ) {
    offset += size;
  }
  return offset;
}

/** Marks the log as complete; the first attempt that does so is right. */
export async function putLogEnd(
  store: Store,
  directory: StorePath,
  end: LogEnd,
  options: CallOptions,
): Promise<LogEnd> {
  const content = new TextEncoder().encode(JSON.stringify(end));
  if (await store.putObject(`${directory}/${END_NAME}`, content, {...options, ifAbsent: true})) return end;
  return (await getLogEnd(store, directory, options)) ?? end;
}

export async function getLogEnd(store: Store, directory: StorePath, options: CallOptions): Promise<LogEnd | undefined> {
  const content = await store.getObject(`${directory}/${END_NAME}`, MAX_END_BYTES, options);
  return content === undefined ? undefined : logEnd.parse(JSON.parse(new TextDecoder().decode(content)));
}
