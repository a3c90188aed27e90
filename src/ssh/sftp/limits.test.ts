import {expect, test} from 'vitest';
import {FieldReader, FieldWriter} from './fields.js';
import {readLimits} from './limits.js';
import {REPLY} from './packet-types.js';
import {ReplyReader} from './reply-reader.js';

function limits(packet: number, read: number, write: number): FieldReader {
  return new FieldReader(new FieldWriter().uint64(packet).uint64(read).uint64(write).uint64(0).bytes());
}

test('what the server tells, and what every server takes where it tells nothing', () => {
  expect(readLimits(limits(262_144, 261_120, 261_120))).toEqual({read: 261_120, write: 261_120});
  expect(readLimits(limits(0, 0, 0))).toEqual({read: 32_768, write: 32_768});
});

test('a reply to the longest read is one that the reader takes', () => {
  const {read} = readLimits(limits(4_195_328, 4_194_304, 4_194_304));
  const destination = Buffer.alloc(read);
  let filled = 0;
  const reader = new ReplyReader({
    destinationOf: () => destination,
    onData: (_, bytes) => (filled = bytes),
    onReply: () => undefined,
  });
  const body = new FieldWriter().uint32(1).string(Buffer.alloc(read, 1));
  reader.feed(new FieldWriter().string(Buffer.concat([Buffer.of(REPLY.data), body.bytes()])).bytes());
  expect(filled).toBe(read);
  expect(destination.every((byte) => byte === 1)).toBe(true);
});
