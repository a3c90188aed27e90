import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {Client} from '@temporalio/client';
import {temporal} from '@temporalio/proto';
import pg from 'pg';

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

/** Names and contents. */
export async function filesIn(directory: string, wanted: (name: string) => boolean = () => true): Promise<string> {
  const texts: string[] = [];
  for (const entry of await readdir(directory, {recursive: true, withFileTypes: true})) {
    if (!entry.isFile() || !wanted(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    texts.push(path, await readFile(path, 'latin1'));
  }
  return texts.join('\n');
}

/** Every row of every table. */
export async function rowsOf(connectionString: string): Promise<string> {
  const client = new pg.Client({connectionString});
  await client.connect();
  try {
    const {rows: tables} = await client.query<{name: string}>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const texts: string[] = [];
    for (const {name} of tables) {
      const {rows} = await client.query<{row: string}>(`select t::text as row from ${name} t`);
      texts.push(...rows.map(({row}) => row));
    }
    return texts.join('\n');
  } finally {
    await client.end();
  }
}
