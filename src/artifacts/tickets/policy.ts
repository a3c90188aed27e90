import {WaybillError} from '../../contracts/errors.js';
import type {TicketRequest} from '../../contracts/tickets.js';
import {METADATA_HEADERS} from '../../stores/s3/entry.js';
import {leastPartBytesOf, MOST_PARTS, PART_BYTES, partBytesOf} from '../../stores/s3/part-size.js';
import {recordMark} from '../../stores/s3/upload-record.js';
import {checkStorePath} from '../../stores/paths.js';
import {mostCompressedBytes} from '../../transfer/compression/compression-ledger.js';
import {isPartialName} from '../../transfer/keys.js';
import {MAX_BATCH_PAGE_BYTES} from '../batch-pages.js';
import {MAX_INPUT_MANIFEST_BYTES} from '../input-manifest.js';
import {batchRoundRoot, executionRoot, inputManifestKey, inputsRoot, partialsRoot} from '../keys.js';
import {inputTooLarge} from './input-too-large.js';

export interface TicketRules {
  readonly executionId: string;
  /** The id is a batch's: a ticket may be for any of its executions, and for its pages of items. */
  readonly batch?: boolean;
  /** What the keys of the store begin with. */
  readonly prefix: string;
  /** The largest file that may be sent, in bytes. */
  readonly maxFileBytes: number;
}

/**
 * What a ticket may be for. Everything else is refused (`ticket.refused`), a header or query that is not named here too:
 * `x-amz-copy-source` would read any object, `acl` open one to the world.
 *
 *     read        whatever lies below executions/ID/, and lists of it
 *     inputs/N    put on the condition that nothing is there, with its length; the same in parts
 *     partials/   unfinished files of the upload: put, changed, removed
 *     inputs.ndjson   put once
 *     batches/ID/r1/items-…   of a batch: put once
 */
export function checkTicketRequest(request: TicketRequest, session: TicketRules): void {
  const {method, headers} = request;
  const path = pathOf(request, session);
  const rules = {...session, executionId: executionOf(request, session)};
  const isRead = method === 'GET' || method === 'HEAD';
  for (const name of Object.keys(headers)) {
    if (isRead || !KNOWN_HEADERS.has(name)) throw refused(request, `the header ${name}`);
  }
  // Whether something lies below a name is asked of S3 before it is given to a file.
  const listed = [executionRoot(rules.executionId), ...(session.batch === true ? [itemsRoot(session)] : [])];
  if (path === undefined) checkListing(request, listed, rules);
  else if (session.batch === true && path.startsWith('batches')) checkItemPage(request, path, session);
  else if (isRead) checkRead(request, path, rules);
  else checkChange(request, path, rules);
}

/** The execution that a request is about: of a session for a batch one of its own, else that of the session. */
export function executionOf(
  {key, query}: TicketRequest,
  {batch, executionId, prefix}: Pick<TicketRules, 'batch' | 'executionId' | 'prefix'>,
): string {
  const about = (key ?? query['prefix'] ?? '').slice(prefix === '' ? 0 : prefix.length + 1);
  const [, of] = /^executions\/([a-z0-9-]+)(?:\/|$)/.exec(about) ?? [];
  const isItem = of?.startsWith(`${executionId}-`) === true && /^\d{6}$/.test(of.slice(executionId.length + 1));
  return batch === true && isItem ? of : executionId;
}

function itemsRoot({executionId}: TicketRules): string {
  return batchRoundRoot(executionId, 1);
}

function checkItemPage(request: TicketRequest, path: string, rules: TicketRules): void {
  const root = itemsRoot(rules);
  requireQuery(request, []);
  const page = path.startsWith(`${root}/items-`) ? path.slice(`${root}/items-`.length) : '';
  if (request.method === 'HEAD' && `${root}/`.startsWith(`${path}/`)) return;
  if (!/^\d{6}\.ndjson$/.test(page)) throw refused(request, 'a key of something else');
  if (request.method === 'GET' || request.method === 'HEAD') return;
  if (request.method !== 'PUT') throw refused(request, 'a key that clients do not change');
  requireAbsent(request);
  requireLength(request, MAX_BATCH_PAGE_BYTES);
}

/**
 * Each by its whole name, since servers have commands among what looks like metadata: MinIO unpacks a body into any key
 * of the bucket for `x-amz-meta-snowball-auto-extract`.
 */
const KNOWN_HEADERS: ReadonlySet<string> = new Set([
  ...['content-type', 'content-length', 'if-match', 'if-none-match'],
  ...['x-amz-checksum-sha256', 'x-amz-checksum-algorithm', 'x-amz-checksum-type'],
  ...METADATA_HEADERS,
  ...Object.keys(recordMark),
]);

/** Below the store's prefix, with a trailing slash where the key is that of a directory's marker. */
function pathOf(request: TicketRequest, {prefix}: TicketRules): string | undefined {
  const {key} = request;
  if (key === undefined) return undefined;
  const start = prefix === '' ? '' : `${prefix}/`;
  if (!key.startsWith(start)) throw refused(request, 'a key outside of the store');
  const path = key.slice(start.length);
  checkStorePath(path.replace(/\/$/, ''));
  return path;
}

function checkListing(request: TicketRequest, roots: readonly string[], {prefix}: TicketRules): void {
  const {method, query} = request;
  requireQuery(request, ['list-type', 'encoding-type', 'prefix', 'delimiter', 'continuation-token', 'max-keys']);
  const start = prefix === '' ? '' : `${prefix}/`;
  checkStorePath((query['prefix'] ?? '').replace(/\/$/, ''));
  const isBelow = roots.some((root) => query['prefix']?.startsWith(`${start}${root}/`) === true);
  if (method !== 'GET' || query['list-type'] !== '2' || !isBelow) {
    throw refused(request, 'a list of what is not of the execution');
  }
}

function checkRead(request: TicketRequest, path: string, {executionId}: TicketRules): void {
  const {method, query} = request;
  const root = executionRoot(executionId);
  // Whether a directory on the way is a file is asked of every store before something is put below it.
  if (method === 'HEAD' && `${root}/`.startsWith(`${path}/`)) {
    requireQuery(request, []);
    return;
  }
  if (!path.startsWith(`${root}/`)) throw refused(request, 'a key of something else');
  requireQuery(request, 'uploadId' in query ? ['uploadId', 'part-number-marker'] : []);
}

function checkChange(request: TicketRequest, path: string, rules: TicketRules): void {
  const {method} = request;
  const {executionId} = rules;
  const unfinished = `${partialsRoot(executionId)}/`;
  if (path === inputManifestKey(executionId) && method === 'PUT') {
    requireQuery(request, []);
    requireAbsent(request);
    requireLength(request, MAX_INPUT_MANIFEST_BYTES);
    return;
  }
  if (path.endsWith('/') && method === 'PUT' && (path.startsWith(unfinished) || isInput(path, executionId))) {
    // The marker of a directory: it has no content that could be lost.
    requireQuery(request, []);
    requireLength(request, 0);
    return;
  }
  if (isInput(path, executionId)) {
    checkInput(request, rules);
    return;
  }
  const name = path.startsWith(`${unfinished}upload/`) ? path.slice(`${unfinished}upload/`.length) : '';
  if (!isPartialName(name) || method === 'POST') throw refused(request, 'a key that clients do not write');
  requireQuery(request, []);
  if (method === 'PUT') requireLength(request, MOST_PARTIAL_BYTES);
}

/** Unfinished files are written whole up to one part, and ledgers of larger ones with them. */
const MOST_PARTIAL_BYTES = 8 * PART_BYTES;

function isInput(path: string, executionId: string): boolean {
  return path.startsWith(`${inputsRoot(executionId)}/`);
}

function checkInput(request: TicketRequest, {maxFileBytes}: TicketRules): void {
  const {method, query} = request;
  if (method === 'PUT' && !('uploadId' in query)) {
    requireQuery(request, []);
    requireAbsent(request);
    requireLength(request, Math.min(maxFileBytes, MOST_PARTIAL_BYTES));
    return;
  }
  if (method === 'PUT') {
    // A text that shrinks at its beginning is compressed, and may still become a little longer than it was.
    const mostBytes = mostCompressedBytes(maxFileBytes);
    requireQuery(request, ['uploadId', 'partNumber']);
    if (!(Number(query['partNumber']) <= mostParts(request, mostBytes)))
      throw inputTooLarge(request.key ?? '', maxFileBytes);
    requireLength(request, Math.min(maxFileBytes, partBytesOf(mostBytes)));
    return;
  }
  if (method === 'POST' && 'uploads' in query) {
    requireQuery(request, ['uploads']);
    return;
  }
  requireQuery(request, ['uploadId']);
  if (query['uploadId'] === undefined) throw refused(request, 'the removal of an input');
  if (method === 'POST') requireAbsent(request);
}

/**
 * A request does not say in which parts its file goes. One that is longer than the smallest parts of the largest file is of
 * the usual ones, of which there are fewer.
 */
function mostParts({headers}: TicketRequest, mostBytes: number): number {
  const isUsual = Number(headers['content-length']) > leastPartBytesOf(mostBytes);
  return Math.min(MOST_PARTS, Math.ceil(mostBytes / (isUsual ? PART_BYTES : leastPartBytesOf(0))));
}

function requireQuery(request: TicketRequest, known: readonly string[]): void {
  const other = Object.keys(request.query).find((name) => !known.includes(name));
  if (other !== undefined) throw refused(request, `the query ${other}`);
}

function requireAbsent(request: TicketRequest): void {
  if (request.headers['if-none-match'] !== '*') throw refused(request, 'a change of what may be there');
}

function requireLength(request: TicketRequest, most: number): void {
  const length = request.headers['content-length'] ?? '';
  if (!/^\d{1,16}$/.test(length)) throw refused(request, 'a body of unknown length');
  if (Number(length) > most) throw inputTooLarge(request.key ?? '', most);
}

function refused({method, key = ''}: TicketRequest, what: string): WaybillError {
  return new WaybillError('ticket.refused', `${method} ${JSON.stringify(key)}: no ticket is for ${what}.`, {path: key});
}
