import pg from 'pg';
import {isWaybillError, WaybillError} from '../../contracts/errors.js';

/** Runs one question to PostgreSQL; whatever it rejects with becomes a WaybillError here and nowhere else. */
export async function translated<T>(what: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    throw translate(what, error);
  }
}

function translate(what: string, error: unknown): WaybillError {
  if (isWaybillError(error)) return error;
  const message = `PostgreSQL could not ${what}: ${describe(error)}`;
  if (error instanceof TypeError || error instanceof RangeError) {
    return new WaybillError('catalog.failed', message, {cause: error});
  }
  if (!(error instanceof pg.DatabaseError)) return new WaybillError('catalog.unavailable', message, {cause: error});
  const code = error.code ?? '';
  if (isAbout(code, notNow)) return new WaybillError('catalog.unavailable', message, {cause: error});
  if (isAbout(code, wrongAccess)) {
    const remedy = 'Correct the connection string of the catalog, or its rights in PostgreSQL.';
    return new WaybillError('config.invalid', message, {cause: error, remedy});
  }
  if (isAbout(code, noParent)) {
    return new WaybillError('execution.not-found', 'the catalog does not know this execution', {cause: error});
  }
  if (isAbout(code, otherSchema)) return new WaybillError('catalog.schema', message, {cause: error});
  return new WaybillError('catalog.failed', message, {cause: error});
}

/**
 * Classes and codes of SQLSTATE. 08 connection, 25006 a standby that is read-only until it takes over, 40 a deadlock,
 * 53 out of disk, memory or connections, 55P03 a lock, 57 shutting down, starting up or over the time limit, 58 the
 * server's own disk.
 */
const notNow = ['08', '25006', '40', '53', '55P03', '57', '58'];
/** 28 the password or user, 3D the database, 42501 a right. */
const wrongAccess = ['28', '3D', '42501'];
/** Undefined column, function, table, schema. */
const otherSchema = ['42703', '42883', '42P01', '3F'];
/** A foreign key: every one of them names an execution. */
const noParent = ['23503'];

function isAbout(code: string, classes: readonly string[]): boolean {
  return classes.some((start) => code.startsWith(start));
}

/** Connection errors of Node are empty AggregateErrors where a host has several addresses. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map((each) => describe(each)).join('; ');
  return error instanceof Error ? error.message : String(error);
}
