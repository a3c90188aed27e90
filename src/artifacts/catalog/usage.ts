import {sql} from 'kysely';
import type {ArtifactKind} from '../../contracts/artifacts.js';
import type {UsageRow} from '../../contracts/catalog.js';
import type {Database} from './connection.js';
import {SCHEMA} from './schema.js';

const STEPS = [1, 7, 30, 90] as const;

/** One pass over the catalog: half a second for a million files. */
export async function usage(db: Database): Promise<readonly UsageRow[]> {
  const {rows} = await sql<{target: string; kind: ArtifactKind; step: number; files: number; bytes: number}>`
    select execution.target, artifact.kind,
      width_bucket(extract(epoch from now() - artifact.created_at)::double precision / 86400,
        ${[...STEPS]}::double precision[]) as step,
      count(*) filter (where artifact.type = 'file') as files,
      coalesce(sum(artifact.stored_size), 0)::bigint as bytes
    from ${sql.id(SCHEMA, 'artifacts')} artifact
    join ${sql.id(SCHEMA, 'executions')} execution on execution.id = artifact.execution_id
    group by 1, 2, 3 order by 1, 2, 3
  `.execute(db);
  return rows.map(({step, ...row}) => {
    const upToDays = STEPS[step];
    return {...row, ...(upToDays === undefined ? {} : {upToDays})};
  });
}
