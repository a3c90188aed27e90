import {sql} from 'kysely';
import type {TicketIssue} from '../tickets/issue.js';
import type {Database} from './connection.js';
import {SCHEMA} from './schema.js';

const tickets = sql.id(SCHEMA, 'tickets');

/** Adds up what is recorded of each name and purpose. What is issued for an execution that is gone is left out. */
export async function recordTickets(db: Database, issues: readonly TicketIssue[]): Promise<void> {
  await sql`
    insert into ${tickets} as ticket
      (id, execution_id, purpose, name, key, max_bytes, issued_at, expires_at, requests)
    select 'ticket_' || encode(sha256(convert_to(execution_id || ' ' || purpose || ' ' || key, 'UTF8')), 'hex'),
      execution_id, purpose, name, key, max_bytes, issued_at, expires_at, requests
    from unnest(
      ${issues.map(({executionId}) => executionId)}::text[],
      ${issues.map(({purpose}) => purpose)}::text[],
      ${issues.map(({name}) => name)}::text[],
      ${issues.map(({key}) => key)}::text[],
      ${issues.map(({maxBytes}) => maxBytes ?? null)}::bigint[],
      ${issues.map(({issuedAt}) => new Date(issuedAt))}::timestamptz[],
      ${issues.map(({expiresAt}) => new Date(expiresAt))}::timestamptz[],
      ${issues.map(({requests}) => requests)}::bigint[]
    ) as given (execution_id, purpose, name, key, max_bytes, issued_at, expires_at, requests)
    where exists (select from ${sql.id(SCHEMA, 'executions')} execution where execution.id = given.execution_id)
    -- Two workers at once take the rows in the same order, so that neither waits for the other.
    order by 1
    on conflict (id) do update set
      max_bytes = greatest(ticket.max_bytes, excluded.max_bytes), requests = ticket.requests + excluded.requests,
      issued_at = least(ticket.issued_at, excluded.issued_at),
      expires_at = greatest(ticket.expires_at, excluded.expires_at)
  `.execute(db);
}
