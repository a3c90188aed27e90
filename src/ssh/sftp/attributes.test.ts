import {expect, it} from 'vitest';
import {isDirectory, isFile, isLink, readAttributes, writeAttributes} from './attributes.js';
import {FieldReader, FieldWriter} from './fields.js';

it.each([
  {size: 2 ** 40 + 5, mode: 0o100_644, atime: 4_294_967_295, mtime: 1},
  {size: 0, mode: 0o040_755, atime: 0, mtime: 0, owner: {uid: 1000, gid: 4_294_967_294}},
])('reads what it wrote: %o', (attributes) => {
  const bytes = writeAttributes(new FieldWriter(), attributes).bytes();
  expect(readAttributes(new FieldReader(bytes))).toEqual(attributes);
});

it('skips extensions, and takes what is left out for 0', () => {
  const fields = new FieldWriter()
    .uint32(0x8000_0002)
    .uint32(1000)
    .uint32(1001)
    .uint32(1)
    .string('name')
    .string('data');
  const reader = new FieldReader(fields.string('next').bytes());
  expect(readAttributes(reader)).toEqual({size: 0, mode: 0, atime: 0, mtime: 0, owner: {uid: 1000, gid: 1001}});
  expect(reader.string().toString()).toBe('next');
});

it('sets both times or none: version 3 has one flag for both', () => {
  expect(writeAttributes(new FieldWriter(), {mtime: 5}).bytes()).toEqual(Buffer.alloc(4));
});

it('tells kinds by the bits of stat(2)', () => {
  const of = (mode: number) => ({size: 0, mode, atime: 0, mtime: 0});
  expect(
    [0o100_600, 0o040_700, 0o120_777, 0o010_600].map((mode) => [
      isFile(of(mode)),
      isDirectory(of(mode)),
      isLink(of(mode)),
    ]),
  ).toEqual([
    [true, false, false],
    [false, true, false],
    [false, false, true],
    [false, false, false],
  ]);
});

it('throws where a reply ends before its fields do', () => {
  expect(() => new FieldReader(Buffer.from([0, 0, 0, 9, 1])).string()).toThrow(RangeError);
  expect(() => new FieldReader(Buffer.from([0, 0])).uint32()).toThrow(RangeError);
});
