import {describe, expect, it} from 'vitest';
import {FieldWriter} from './fields.js';
import {REPLY} from './packet-types.js';
import {ReplyReader} from './reply-reader.js';

function packet(type: number, id: number, body: Buffer): Buffer {
  return new FieldWriter().string(Buffer.concat([Buffer.of(type), new FieldWriter().uint32(id).bytes(), body])).bytes();
}

interface Seen {
  readonly reader: ReplyReader;
  readonly events: unknown[];
  readonly destinations: Map<number, Buffer>;
}

function reading(): Seen {
  const events: unknown[] = [];
  const destinations = new Map<number, Buffer>();
  const reader = new ReplyReader({
    destinationOf: (id) => destinations.get(id),
    onData: (id, bytes) => events.push({id, data: destinations.get(id)?.toString('latin1', 0, bytes)}),
    onReply: (type, id, body) => events.push({type, id, body: body.toString('latin1')}),
  });
  return {reader, events, destinations};
}

describe('ReplyReader', () => {
  const stream = Buffer.concat([
    packet(REPLY.version, 3, Buffer.alloc(0)),
    packet(REPLY.data, 7, new FieldWriter().string('content').bytes()),
    packet(REPLY.status, 8, new FieldWriter().uint32(1).bytes()),
    packet(REPLY.data, 9, new FieldWriter().string('').bytes()),
    packet(REPLY.handle, 10, new FieldWriter().string('h').bytes()),
  ]);
  const expected = [
    {type: REPLY.version, id: 3, body: ''},
    {id: 7, data: 'content'},
    {type: REPLY.status, id: 8, body: '\0\0\0\x01'},
    {id: 9, data: ''},
    {type: REPLY.handle, id: 10, body: '\0\0\0\x01h'},
  ];

  it.each([1, 2, 3, 5, 8, 13, 21, 1000])('puts replies together from pieces of %i bytes', (step) => {
    const {reader, events, destinations} = reading();
    for (const id of [7, 9]) destinations.set(id, Buffer.alloc(20));
    for (let at = 0; at < stream.length; at += step) reader.feed(stream.subarray(at, at + step));
    expect(events).toEqual(expected);
  });

  it('leaves what lies behind the data alone', () => {
    const {reader, destinations} = reading();
    const destination = Buffer.from('----------');
    destinations.set(7, destination);
    reader.feed(packet(REPLY.data, 7, new FieldWriter().string('abc').bytes()));
    expect(destination.toString()).toBe('abc-------');
  });

  it.each([
    ['data that nobody asked for', packet(REPLY.data, 1, new FieldWriter().string('abc').bytes())],
    ['more data than were asked for', packet(REPLY.data, 7, new FieldWriter().string('abcdef').bytes())],
    ['a length that is not that of its packet', packet(REPLY.data, 7, Buffer.from('\0\0\0\x02abc'))],
    ['a greeting of the login shell', Buffer.from('Welcome to the machine\n')],
    ['a packet without an id', Buffer.from([0, 0, 0, 2, REPLY.status, 0, 0, 0, 0])],
  ])('refuses %s', (_, bytes) => {
    const {reader, destinations} = reading();
    destinations.set(7, Buffer.alloc(4));
    expect(() => reader.feed(bytes)).toThrow(/not asked for|no SFTP/);
  });
});
