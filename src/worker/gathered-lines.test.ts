import {expect, it} from 'vitest';
import {GatheredLines} from './gathered-lines.js';

it('writes what one go gives it in one call, and what is flushed at once', async () => {
  const written: string[] = [];
  const lines = new GatheredLines((text) => void written.push(text));
  lines.write('one\n');
  lines.write('two\n');
  expect(written).toEqual([]);
  await Promise.resolve();
  expect(written).toEqual(['one\ntwo\n']);
  lines.write('three\n');
  lines.flush();
  lines.flush();
  await Promise.resolve();
  expect(written).toEqual(['one\ntwo\n', 'three\n']);
});
