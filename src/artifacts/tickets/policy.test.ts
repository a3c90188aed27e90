import {describe, expect, test} from 'vitest';
import {ticketRequest} from '../../contracts/tickets.js';
import {checkTicketRequest} from './policy.js';

const MEBIBYTE = 1024 * 1024;
const rules = {executionId: 'run-1', prefix: 'team/a', maxFileBytes: 20 * MEBIBYTE};
const partial = `team/a/executions/run-1/partials/upload/${'0'.repeat(40)}.partial`;
const input = 'team/a/executions/run-1/inputs/data/a.csv';
const once = {'if-none-match': '*', 'content-length': '5'};

interface Asked {
  readonly method: string;
  readonly key?: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
}

const check = (asked: Asked) => () => checkTicketRequest(ticketRequest.parse(asked), rules);

describe('a ticket is given for', () => {
  test.each<[string, Asked]>([
    ['reading an output', {method: 'GET', key: 'team/a/executions/run-1/outputs/x'}],
    ['looking at an input', {method: 'HEAD', key: input}],
    ['asking whether the way is a file', {method: 'HEAD', key: 'team/a/executions'}],
    ['listing what is below', {method: 'GET', query: {'list-type': '2', prefix: 'team/a/executions/run-1/logs/'}}],
    ['listing parts', {method: 'GET', key: input, query: {uploadId: 'u'}}],
    ['an input that is not there', {method: 'PUT', key: input, headers: {...once, 'x-amz-meta-mtime': '1'}}],
    ['the beginning of a large one', {method: 'POST', key: input, query: {uploads: ''}}],
    [
      'its last part',
      {method: 'PUT', key: input, query: {uploadId: 'u', partNumber: '3'}, headers: {'content-length': '8388608'}},
    ],
    [
      'the last of its smallest parts',
      {method: 'PUT', key: input, query: {uploadId: 'u', partNumber: '5'}, headers: {'content-length': '5242880'}},
    ],
    ['its end', {method: 'POST', key: input, query: {uploadId: 'u'}, headers: once}],
    ['giving it up', {method: 'DELETE', key: input, query: {uploadId: 'u'}}],
    ['an unfinished file', {method: 'PUT', key: partial, headers: {'content-length': '9', 'if-match': '"e"'}}],
    ['its removal', {method: 'DELETE', key: partial}],
    ['an empty directory', {method: 'PUT', key: 'team/a/executions/run-1/inputs/d/', headers: {'content-length': '0'}}],
    ['the manifest', {method: 'PUT', key: 'team/a/executions/run-1/inputs.ndjson', headers: once}],
  ])('%s', (_, asked) => expect(check(asked)).not.toThrow());
});

describe('no ticket is given for', () => {
  test.each<[string, Asked]>([
    ['another execution', {method: 'GET', key: 'team/a/executions/run-2/outputs/x'}],
    ['one whose id begins with this one', {method: 'GET', key: 'team/a/executions/run-11/outputs/x'}],
    ['another prefix', {method: 'GET', key: 'executions/run-1/outputs/x'}],
    ['the journal', {method: 'GET', key: 'team/a/journal/run-1/g1/stage/plan.json'}],
    ['reading what lies on the way', {method: 'GET', key: 'team/a/executions'}],
    ['a list of everything', {method: 'GET', query: {'list-type': '2', prefix: 'team/a/executions/'}}],
    ['a list by beginning', {method: 'GET', query: {'list-type': '2', prefix: 'team/a/executions/run-1'}}],
    ['the uploads of the bucket', {method: 'GET', query: {uploads: ''}}],
    ['the deletion of many', {method: 'POST', query: {delete: ''}, headers: once}],
    ['an output', {method: 'PUT', key: 'team/a/executions/run-1/outputs/x', headers: once}],
    ['a log', {method: 'PUT', key: 'team/a/executions/run-1/logs/g1/stdout/end', headers: once}],
    ['an input in place of another', {method: 'PUT', key: input, headers: {'content-length': '5'}}],
    ['an input of any length', {method: 'PUT', key: input, headers: {'if-none-match': '*'}}],
    ['a large upload that replaces', {method: 'POST', key: input, query: {uploadId: 'u'}, headers: {}}],
    ['the removal of an input', {method: 'DELETE', key: input}],
    ['the removal of the manifest', {method: 'DELETE', key: 'team/a/executions/run-1/inputs.ndjson'}],
    ['a copy', {method: 'PUT', key: input, headers: {...once, 'x-amz-copy-source': '/waybill/team/a/secret'}}],
    ['a body to unpack', {method: 'PUT', key: input, headers: {...once, 'x-amz-meta-snowball-auto-extract': 'true'}}],
    ['a list that leaves', {method: 'GET', query: {'list-type': '2', prefix: 'team/a/executions/run-1/../run-2/'}}],
    ['an open object', {method: 'PUT', key: input, headers: {...once, 'x-amz-acl': 'public-read'}}],
    ['the rights of an object', {method: 'PUT', key: input, query: {acl: ''}, headers: once}],
    ['a name that leaves', {method: 'PUT', key: 'team/a/executions/run-1/inputs/../../run-2/x', headers: once}],
    ['something else among the unfinished', {method: 'PUT', key: partial.replace('.partial', '.sh'), headers: once}],
    ['a marker with content', {method: 'PUT', key: 'team/a/executions/run-1/inputs/d/', headers: once}],
  ])('%s', (_, asked) => expect(check(asked)).toThrow());

  test.each<[string, Asked]>([
    ['more than is allowed', {method: 'PUT', key: input, headers: {...once, 'content-length': String(21 * MEBIBYTE)}}],
    [
      'a larger part than such a file has',
      {method: 'PUT', key: input, query: {uploadId: 'u', partNumber: '1'}, headers: {'content-length': '8388609'}},
    ],
    [
      'more parts than such a file has',
      {method: 'PUT', key: input, query: {uploadId: 'u', partNumber: '4'}, headers: {'content-length': '5242881'}},
    ],
    [
      'more of the smallest parts than such a file has',
      {method: 'PUT', key: input, query: {uploadId: 'u', partNumber: '6'}, headers: {'content-length': '1'}},
    ],
  ])('%s', (_, asked) => expect(check(asked)).toThrow(expect.objectContaining({code: 'ticket.refused', path: input})));
});

test('a text that is a little longer compressed than it was has room for its last part', () => {
  const just = {...rules, maxFileBytes: 16 * MEBIBYTE};
  const part = (partNumber: string, length: number) =>
    ticketRequest.parse({
      ...{method: 'PUT', key: `${input}.gz`, query: {uploadId: 'u', partNumber}},
      headers: {'content-length': String(length)},
    });
  for (const [last, bytes] of [
    ['3', 6 * MEBIBYTE],
    ['4', 40_000],
  ] as const) {
    expect(() => checkTicketRequest(part(last, bytes), just)).not.toThrow();
    const beyond = part(String(Number(last) + 1), bytes);
    expect(() => checkTicketRequest(beyond, just)).toThrow(expect.objectContaining({code: 'ticket.refused'}));
  }
});

describe('a session for a batch', () => {
  const batch = {...rules, executionId: 'many', batch: true};
  const checkBatch = (asked: Asked) => () => checkTicketRequest(ticketRequest.parse(asked), batch);
  const own = 'team/a/executions/many-000041';

  test.each<[string, Asked]>([
    ['an input of one of its executions', {method: 'PUT', key: `${own}/inputs/a`, headers: once}],
    ['its manifest', {method: 'PUT', key: `${own}/inputs.ndjson`, headers: once}],
    ['an output of one', {method: 'GET', key: `${own}/outputs/x`}],
    ['a list below one', {method: 'GET', query: {'list-type': '2', prefix: `${own}/inputs/`}}],
    ['a page of items', {method: 'PUT', key: 'team/a/batches/many/r1/items-000003.ndjson', headers: once}],
    [
      'what lies below its name',
      {method: 'GET', query: {'list-type': '2', prefix: 'team/a/batches/many/r1/items-000003.ndjson/'}},
    ],
    ['what lies on its way', {method: 'HEAD', key: 'team/a/batches/many'}],
  ])('may ask for %s', (_, asked) => expect(checkBatch(asked)).not.toThrow());

  test.each<[string, Asked]>([
    ['another batch', {method: 'PUT', key: 'team/a/executions/more-000041/inputs/a', headers: once}],
    ['an execution that only begins as its own do', {method: 'GET', key: 'team/a/executions/many-000041-b/outputs/x'}],
    ['a list of its executions', {method: 'GET', query: {'list-type': '2', prefix: 'team/a/executions/many-'}}],
    ['an output in its place', {method: 'PUT', key: `${own}/outputs/x`, headers: once}],
    [
      'a page in place of another',
      {method: 'PUT', key: 'team/a/batches/many/r1/items-000003.ndjson', headers: {'content-length': '5'}},
    ],
    ['a list of the batches', {method: 'GET', query: {'list-type': '2', prefix: 'team/a/batches/'}}],
    ['a page of a later round', {method: 'PUT', key: 'team/a/batches/many/r2/items-000003.ndjson', headers: once}],
    ['outcomes', {method: 'PUT', key: 'team/a/batches/many/r1/outcomes-000000.ndjson', headers: once}],
    ['a page that is removed', {method: 'DELETE', key: 'team/a/batches/many/r1/items-000003.ndjson'}],
    ['the pages of another batch', {method: 'PUT', key: 'team/a/batches/other/r1/items-000003.ndjson', headers: once}],
  ])('may not ask for %s', (_, asked) => expect(checkBatch(asked)).toThrow());

  test('is what gives access to them: a session for an execution of that id has none', () => {
    const single = () =>
      checkTicketRequest(ticketRequest.parse({method: 'GET', key: `${own}/outputs/x`}), {...batch, batch: false});
    expect(single).toThrow();
  });
});
