import {describe, expect, test} from 'vitest';
import type {UploadedInput} from '../contracts/artifacts.js';
import {encodeInputManifest, MAX_INPUTS, parseInputManifest} from './input-manifest.js';

function input(name: string): UploadedInput {
  return {name, size: 3, sha256: 'a'.repeat(64), mode: 0o640, modifiedAt: 1_700_000_000_123.5};
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (content: string) => new TextEncoder().encode(content);
const line = (name: string) => JSON.stringify(input(name));
const head = (files: number, version = 1) => JSON.stringify({format: 'waybill-inputs', version, files});

test('every name comes back as it was', () => {
  const names = [
    'a',
    'a b/$(x)',
    'new\nline',
    '\u2028',
    'back\\slash',
    '"',
    '-rf',
    'e\u0301',
    '\u00e9',
    '🎉',
    '\uFEFF',
  ];
  const inputs = names.map((name) => input(name));
  const encoded = encodeInputManifest(inputs);
  expect(text(encoded).trimEnd().split('\n')).toHaveLength(names.length + 1);
  expect(parseInputManifest(encoded)).toEqual(inputs);
});

test('an input that lies compressed has its name there, which no other may have', () => {
  const compressed = (name: string, as: string): UploadedInput => ({
    ...{name, size: 300, sha256: 'a'.repeat(64), mode: 0o640, modifiedAt: 1},
    stored: {name: as, size: 3, compression: 'gzip'},
  });
  const inputs = [compressed('a.csv', 'a.csv.gz'), input('b')];
  expect(parseInputManifest(encodeInputManifest(inputs))).toEqual(inputs);
  for (const other of [input('a.csv.gz'), input('a.csv.gz/b'), compressed('c', 'a.csv.gz')])
    expect(() => encodeInputManifest([...inputs, other])).toThrow(expect.objectContaining({code: 'name.collision'}));
  for (const as of ['../a.csv.gz', ''])
    expect(() => encodeInputManifest([compressed('a', as)])).toThrow(
      expect.objectContaining({code: 'name.outside-root'}),
    );
});

test('no inputs are a manifest too', () => {
  expect(parseInputManifest(encodeInputManifest([]))).toEqual([]);
});

describe('refused', () => {
  test.each([
    [['a', 'a'], 'name.collision'],
    [['a', 'a/b'], 'name.collision'],
    [['x/a/b', 'x/a'], 'name.collision'],
    [['../a'], 'name.outside-root'],
    [['/a'], 'name.outside-root'],
    [[''], 'name.outside-root'],
    [['a\0'], 'name.not-carried'],
  ])('the names %j', (names, code) => {
    expect(() => encodeInputManifest(names.map((name) => input(name)))).toThrow(expect.objectContaining({code}));
    const written = bytes([head(names.length), ...names.map((name) => line(name)), ''].join('\n'));
    expect(() => parseInputManifest(written)).toThrow(expect.objectContaining({code}));
  });

  test.each([
    ['nothing', ''],
    ['no version', `${line('a')}\n`],
    ['a later version', `${head(0, 2)}\n`],
    ['a lost line', `${head(2)}\n${line('a')}\n`],
    ['a line too many', `${head(0)}\n${line('a')}\n`],
    ['half a line', `${head(1)}\n${line('a')}`],
    ['what is not JSON', `${head(1)}\n{"name":\n`],
    ['a wrong digest', `${head(1)}\n${line('a').replace('aaaa', 'AAAA')}\n`],
    ['a negative size', `${head(1)}\n${line('a').replace('"size":3', '"size":-3')}\n`],
  ])('%s', (_, content) => {
    expect(() => parseInputManifest(bytes(content))).toThrow(expect.objectContaining({code: 'input.invalid'}));
  });

  test('bytes that are not UTF-8', () => {
    const broken = bytes(`${head(1)}\n${line('a?')}\n`).map((byte) => (byte === 0x3f ? 0xff : byte));
    expect(() => parseInputManifest(broken)).toThrow(expect.objectContaining({code: 'input.invalid'}));
  });

  test('more inputs than the limit', () => {
    const many = Array.from({length: MAX_INPUTS + 1}, (_, n) => input(String(n)));
    expect(() => encodeInputManifest(many)).toThrow(expect.objectContaining({code: 'input.invalid'}));
  });
});
