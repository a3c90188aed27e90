-- The catalog's schema as released with 0.1.0, with two executions in it. Never edited.
create schema waybill;
create table waybill.migration (name varchar(255) not null primary key, timestamp varchar(255) not null);
create table waybill.migration_lock (id varchar(255) not null primary key, is_locked integer default 0 not null);
insert into waybill.migration_lock values ('migration_lock', 0);
insert into waybill.migration values ('0001-executions-and-artifacts', '2026-09-01T00:00:00.000Z');
create table waybill.executions (
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
);
create index executions_newest on waybill.executions (created_at desc, id desc);
create table waybill.runs (
  execution_id text collate "C" not null references waybill.executions (id) on delete cascade,
  run_id text not null,
  generation integer not null,
  opened_at timestamptz not null,
  ended_at timestamptz,
  result json,
  primary key (execution_id, run_id)
);
create table waybill.artifacts (
  id text primary key,
  execution_id text collate "C" not null references waybill.executions (id) on delete cascade,
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
);
create index artifacts_by_name on waybill.artifacts
    (execution_id, kind, generation, left(name, 500));
create index artifacts_by_expiry on waybill.artifacts (expires_at);
insert into waybill.executions (id, label, target, command, request, state, generation, last_run_id, exit_status, output_files,
  output_bytes, created_at, ended_at)
values
  ('ended', 'Sort', 'local', '["sort"]', '{"version":1,"command":["sort"]}', 'succeeded', 1, 'run-1', 0, 1, 5,
    '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'),
  ('open', null, 'local', '["sleep"]', '{"version":1,"command":["sleep"]}', 'open', 1, 'run-2', null, 0, 0, now(), null);
insert into waybill.runs (execution_id, run_id, generation, opened_at, ended_at, result)
values
  ('ended', 'run-1', 1, '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z',
    '{"version":1,"executionId":"ended","outcome":"succeeded","target":"local","generation":1,"staged":{"files":0,"bytes":0,"sentBytes":0,"resumedBytes":0,"failedFiles":0},"collected":{"files":1,"bytes":5,"sentBytes":5,"resumedBytes":0,"failedFiles":0},"starts":1,"endedAt":"2026-01-01T00:01:00Z"}'),
  ('open', 'run-2', 1, now(), null, null);
insert into waybill.artifacts
values ('artifact_0b5183d2-9f5e-4f8e-9f62-6f0c8f2b8a10', 'ended', 1, 'output', 'out.txt', sha256('out.txt'),
  'executions/ended/outputs/out.txt', 'file', null, 5, 5, null, null, 'text/plain', 420, '2026-01-01T00:00:30Z',
  '2026-01-01T00:01:00Z', '2026-01-31T00:01:00Z');
