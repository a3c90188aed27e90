import {type Kysely, sql} from 'kysely';
import {SCHEMA} from '../schema.js';

const statements = [
  sql`create table ${sql.id(SCHEMA, 'executions')} (
    id text collate "C" primary key,
    label text,
    target text not null,
    -- json and not jsonb: kept as it was written, also where jsonb refuses a character
    command json not null,
    request json not null,
    state text not null check (state in ('open', 'succeeded', 'failed', 'cancelled', 'lost')),
    generation integer not null check (generation >= 1),
    last_run_id text not null,
    exit_status integer,
    failure_code text,
    failure_message text,
    failure_stage text,
    output_files bigint not null default 0,
    output_bytes bigint not null default 0,
    created_at timestamptz not null,
    ended_at timestamptz
  )`,
  sql`create index executions_newest on ${sql.id(SCHEMA, 'executions')} (created_at desc, id desc)`,
  sql`create table ${sql.id(SCHEMA, 'runs')} (
    execution_id text collate "C" not null references ${sql.id(SCHEMA, 'executions')} (id) on delete cascade,
    run_id text not null,
    generation integer not null,
    opened_at timestamptz not null,
    ended_at timestamptz,
    result json,
    primary key (execution_id, run_id)
  )`,
  sql`create table ${sql.id(SCHEMA, 'artifacts')} (
    id text primary key,
    execution_id text collate "C" not null references ${sql.id(SCHEMA, 'executions')} (id) on delete cascade,
    generation integer not null check (generation >= 1),
    kind text not null check (kind in ('input', 'output', 'log')),
    name text collate "C" not null,
    name_digest bytea not null,
    key text collate "C" not null,
    type text not null check (type in ('file', 'link', 'directory')),
    link_target text,
    size bigint not null check (size >= 0),
    stored_size bigint not null check (stored_size >= 0),
    compression text check (compression in ('gzip')),
    sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
    content_type text not null,
    mode integer not null,
    modified_at timestamptz not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    unique (execution_id, generation, kind, name_digest)
  )`,
  // A page is found by the start of the name, which fits an index entry, and ordered by the whole of it.
  sql`create index artifacts_by_name on ${sql.id(SCHEMA, 'artifacts')}
      (execution_id, kind, generation, left(name, 500))`,
  sql`create index artifacts_by_expiry on ${sql.id(SCHEMA, 'artifacts')} (expires_at)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
