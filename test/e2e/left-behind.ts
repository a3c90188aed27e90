import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdir} from 'node:fs/promises';
import {createInterface} from 'node:readline';
import type {Client} from '@temporalio/client';
import {temporal} from '@temporalio/proto';
import {query} from '../catalog/query.js';

/** Clients that were killed have left theirs: they would end by themselves in minutes. */
export async function endTicketSessions(client: Client): Promise<void> {
  for await (const {workflowId} of client.workflow.list({query: 'ExecutionStatus = "Running"'})) {
    if (!workflowId.startsWith('tickets-')) continue;
    const session = client.workflow.getHandle(workflowId);
    await session.signal('close').catch(() => undefined);
    await session.result();
  }
}

/** Every payload and every other field of every history, updates, markers and summaries among them, as bytes. */
export async function historiesOf(client: Client): Promise<string> {
  const texts: string[] = [];
  for await (const {workflowId, runId} of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    texts.push(Buffer.from(temporal.api.history.v1.History.encode(history).finish()).toString('latin1'));
  }
  return texts.join('\n');
}

/** Where words are looked for. Files may be larger than memory. */
export type Place =
  | {readonly text: string}
  | {
      readonly directory: string;
      /** Patterns of names whose contents are left out. */
      readonly except?: readonly string[];
    };

/** Which of `words` are in the text, or in the names and contents of the files, of each place that has any. */
export async function wordsIn(
  places: Readonly<Record<string, Place>>,
  words: readonly string[],
): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = {};
  for (const [name, place] of Object.entries(places)) {
    const text = 'text' in place ? place.text : await occurrences(place, words);
    const held = words.filter((word) => text.includes(word));
    if (held.length > 0) found[name] = held;
  }
  return found;
}

async function occurrences(
  {directory, except = []}: Extract<Place, {readonly directory: string}>,
  words: readonly string[],
): Promise<string> {
  const names = await readdir(directory, {recursive: true});
  if (names.length === 0) throw new Error(`nothing is in ${directory}: a search there would prove nothing`);
  const grep = spawn(
    'grep',
    [
      ...['--recursive', '--text', '--only-matching', '--no-filename', '--fixed-strings'],
      ...except.map((pattern) => `--exclude=${pattern}`),
      ...words.flatMap((word) => ['--regexp', word]),
      directory,
    ],
    {stdio: ['ignore', 'pipe', 'inherit'], env: {...process.env, LC_ALL: 'C'}},
  );
  const seen = new Set<string>();
  const ended = once(grep, 'close');
  for await (const line of createInterface({input: grep.stdout})) seen.add(line);
  const [status] = (await ended) as [number | null];
  // 1 says that it found nothing.
  if (status !== 0 && status !== 1) throw new Error(`grep ended with ${status} in ${directory}`);
  return [...names, ...seen].join('\n');
}

/** Every row of every table. */
export async function rowsOf(connectionString: string): Promise<string> {
  const tables = await query<{name: string}>(
    connectionString,
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema')`,
  );
  const texts: string[] = [];
  for (const {name} of tables) {
    const rows = await query<{row: string}>(connectionString, `select t::text as row from ${name} t`);
    texts.push(...rows.map(({row}) => row));
  }
  return texts.join('\n');
}
