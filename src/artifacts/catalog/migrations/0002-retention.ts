import {type Kysely, sql} from 'kysely';
import {SCHEMA} from '../schema.js';

const executions = sql.id(SCHEMA, 'executions');
const artifacts = sql.id(SCHEMA, 'artifacts');

/** What was recorded before anything was ever removed stays a week longer, so that its owners are warned first. */
const GRACE = sql`now() + interval '7 days'`;

const statements = [
  sql`alter table ${executions}
    -- null: it is open, or kept forever
    add column expires_at timestamptz,
    -- somebody has chosen the date
    add column kept boolean not null default false,
    -- its files are going: nothing takes it up any more
    add column removing boolean not null default false`,
  sql`alter table ${artifacts}
    -- null: kept forever
    alter column expires_at drop not null,
    add column removing boolean not null default false,
    -- key of the manifest in the journal that names it
    add column manifest text collate "C"`,
  sql`update ${artifacts} set expires_at = greatest(expires_at, ${GRACE})`,
  sql`update ${executions} set expires_at = greatest(ended_at + interval '30 days', ${GRACE}) where state <> 'open'`,
  sql`create index executions_by_expiry on ${executions} (expires_at)`,
  sql`create index executions_removing on ${executions} (id) where removing`,
  sql`create index artifacts_removing on ${artifacts} (id) where removing`,
  sql`create index artifacts_newest on ${artifacts} (created_at desc, id desc)`,
  // An id is used once, also when its record is gone.
  sql`create table ${sql.id(SCHEMA, 'removed_executions')} (
    id text collate "C" primary key,
    removed_at timestamptz not null
  )`,
  sql`create index removed_by_date on ${sql.id(SCHEMA, 'removed_executions')} (removed_at)`,
  sql`create table ${sql.id(SCHEMA, 'tickets')} (
    id text primary key,
    execution_id text collate "C" not null references ${executions} (id) on delete cascade,
    purpose text not null check (purpose in ('upload', 'download')),
    name text collate "C" not null,
    key text collate "C" not null,
    max_bytes bigint check (max_bytes >= 0),
    issued_at timestamptz not null,
    expires_at timestamptz not null
  )`,
  sql`create index tickets_by_expiry on ${sql.id(SCHEMA, 'tickets')} (expires_at)`,
  sql`create index tickets_by_execution on ${sql.id(SCHEMA, 'tickets')} (execution_id)`,
  sql`create table ${sql.id(SCHEMA, 'retention_runs')} (
    id text primary key,
    started_at timestamptz not null,
    ended_at timestamptz,
    failure text,
    executions bigint not null default 0,
    artifacts bigint not null default 0,
    bytes bigint not null default 0,
    tickets bigint not null default 0,
    leftovers bigint not null default 0
  )`,
  sql`create index retention_runs_newest on ${sql.id(SCHEMA, 'retention_runs')} (started_at desc)`,
  // Which store this catalog describes: nothing is removed from any other.
  sql`create table ${sql.id(SCHEMA, 'installation')} (
    only_one boolean primary key default true check (only_one),
    store_id text not null
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
