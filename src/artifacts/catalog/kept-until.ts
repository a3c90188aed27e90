import {type RawBuilder, sql} from 'kysely';

/** Milliseconds. */
const DEFAULT_KEEP_MS = 30 * 86_400_000;

/**
 * PostgreSQL's time, or `at` where that is later: what is kept from then on goes too early only if both clocks are
 * slow, and the sweep refuses to work while they differ.
 */
export function laterOf(at?: string): RawBuilder<Date> {
  return sql`date_trunc('milliseconds', greatest(now(), ${at ?? null}::timestamptz))`;
}

/** The date until which something is kept that ended at `at`; null for ever. Default 30 days. */
export function keptUntil(at: string | undefined, keepMs: number | null = DEFAULT_KEEP_MS): RawBuilder<Date | null> {
  return sql`${laterOf(at)} + ${keepMs}::double precision * interval '1 millisecond'`;
}
