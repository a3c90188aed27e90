import {expect, test} from 'vitest';
import {decodeRecord, encodeRecord, RECORD_BYTES} from './upload-record.js';

const record = {version: 1, uploadId: 'u', key: 'k', size: 1, partBytes: 1, token: 't'} as const;

test('a record that a newer version wrote is told from a damaged one', () => {
  expect(decodeRecord(encodeRecord(record))).toEqual(record);
  expect(decodeRecord(encodeRecord({version: 2, key: 'k'}))).toEqual({version: 2, key: 'k'});
  const later = Buffer.from('{"version": 3, "upload": "u"}');
  expect(() => decodeRecord(later)).toThrow(expect.objectContaining({code: 'transfer.newer-version', found: 3}));
  for (const damaged of ['{"version": 1}', '{"version": 2}', '{"version"', ''])
    expect(() => decodeRecord(Buffer.from(damaged))).toThrow(expect.objectContaining({code: 'MalformedRecord'}));
});

test.each(['k', 'é', 'e\u0301', '🚢', '日'.repeat(341), '"\\'.repeat(512)])(
  'a record has the length by which a listing tells it, whatever its key: %s',
  (key) => {
    const content = encodeRecord({...record, key});
    expect(content).toHaveLength(RECORD_BYTES);
    expect(decodeRecord(content)).toEqual({...record, key});
  },
);
