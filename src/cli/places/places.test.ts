import {describe, expect, it} from 'vitest';
import {runScripted} from '../../../test/cli/run-scripted.js';
import type {Script} from '../../../test/cli/scripted-client.js';
import {entryLine} from './entry-line.js';
import {formatMode, parseMode} from './mode.js';

const cli = (places: Script['places'], ...argv: readonly string[]) => runScripted(argv, places ? {places} : {});

describe('a mode', () => {
  it.each([
    ['640', 0o640],
    ['0755', 0o755],
    ['1777', 0o1777],
  ])('%s is read as octal', (text, mode) => {
    expect(parseMode(text)).toBe(mode);
  });

  it.each(['4755', '2755', '75', '888', 'u+x', '', '-644', '0x1ff'])('%j is refused', (text) => {
    expect(() => parseMode(text)).toThrow('is not a mode');
  });

  it.each([
    ['directory', 0o755, 'drwxr-xr-x'],
    ['file', 0o640, '-rw-r-----'],
    ['link', 0o777, 'lrwxrwxrwx'],
    ['file', 0o4755, '-rwsr-xr-x'],
    ['file', 0o2644, '-rw-r-Sr--'],
    ['directory', 0o1777, 'drwxrwxrwt'],
    ['special', 0, '?---------'],
  ] as const)('of a %s, %i, is written %s', (kind, mode, text) => {
    expect(formatMode({kind, mode})).toBe(text);
  });
});

it('writes a hostile name in a way that no terminal obeys', () => {
  const line = entryLine({
    ...{name: 'a\u001b]0;x\u0007\nb', kind: 'link', size: 0, mode: 0o777, modifiedAt: '2026-01-31T12:00:00.000Z'},
    linkTarget: '\u202e',
  });
  expect(line).toBe('lrwxrwxrwx             2026-01-31 12:00:00Z  a\\x1b]0;x\\x07\\nb -> \\u{202e}');
});

describe('a command', () => {
  it('takes places of workers alone', async () => {
    for (const argv of [
      ['ls', '/etc'],
      ['rm', 'disk:/a', 'b'],
      ['mv', 'disk:/a', 'b'],
      ['cat', './x'],
      ['sha256', 'x'],
    ]) {
      const {status, stderr} = await cli(undefined, ...argv);
      expect([status, stderr]).toEqual([125, expect.stringContaining('waybill targets')]);
    }
  });

  it('passes on what was asked', async () => {
    const asked: unknown[] = [];
    const note = async (...what: readonly unknown[]) => void asked.push(what);
    const places = {remove: note, makeDirectory: note, rename: note, chmod: note};
    await cli(places, 'rm', 'd:/a', 'd:/b');
    await cli(places, 'rm', '-r', 'd:/a');
    await cli(places, 'mkdir', 'd:/a');
    await cli(places, 'mkdir', '-p', '--mode', '700', 'd:/a');
    await cli(places, 'mv', 'd:/a', 'd:/b');
    await cli(places, 'mv', '--overwrite', 'd:/a', 'd:/b');
    await cli(places, 'chmod', '640', 'd:/a');
    expect(asked).toEqual([
      ['d:/a', {recursive: false}],
      ['d:/b', {recursive: false}],
      ['d:/a', {recursive: true}],
      ['d:/a', {parents: false}],
      ['d:/a', {parents: true, mode: 0o700}],
      ['d:/a', 'd:/b', {overwrite: false}],
      ['d:/a', 'd:/b', {overwrite: true}],
      ['d:/a', 0o640],
    ]);
  });

  it('stat says by its status that nothing is there', async () => {
    const found = await cli({stat: async () => undefined}, 'stat', '--json', 'd:/a');
    expect(found).toMatchObject({status: 1, stdout: '{"location":"d:/a","exists":false}\n', stderr: ''});
    expect(found.client.closed).toBe(true);
  });

  it('check tells what differs and how much was left out', async () => {
    const counts = {same: 1, missing: 1, differs: 2, refused: 0};
    const entries = [{name: 'a\n', state: 'missing' as const}];
    const checked = await cli({check: async () => ({counts, entries, omitted: 2})}, 'check', 'd:/a', 'd:/b');
    expect(checked).toMatchObject({status: 1, stdout: 'missing  a\\n\n'});
    expect(checked.stderr).toContain('2 more are not the same');
  });
});
