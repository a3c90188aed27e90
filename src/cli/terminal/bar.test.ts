import {cellsOf} from './cells.js';
import {describe, expect, it} from 'vitest';
import {movement} from '../../../test/cli/scripted-client.js';
import {formatBar, formatProgressSentence, fractionDone, truncate} from './bar.js';

const half = movement('stage', {
  filesDone: 3,
  filesTotal: 7,
  bytesDone: 120e6,
  bytesTotal: 240e6,
  rate: 12e6,
  file: {name: 'deep/日本\u001b[2J/corpus.bin', offset: 5, size: 10},
});

describe('formatBar', () => {
  it('shows rate, time left, files and the name where there is room', () => {
    expect(formatBar('Staging', half, {columns: 120, unicode: true})).toBe(
      'Staging [███████████████░░░░░░░░░░░░░░░]  50%  120 MB/240 MB  12 MB/s  ETA 0:10  3/7 files  deep/日本\\x1b[2J/corpus.bin',
    );
  });

  it.each([
    [80, 'Staging [#########..........]  50%  120 MB/240 MB  12 MB/s  ETA 0:10  3/7 files'],
    [60, 'Staging [#####.....]  50%  120 MB/240 MB  12 MB/s  ETA 0:10'],
    [44, 'Staging [####.....]  50%  12 MB/s  ETA 0:10'],
    [34, 'Staging [####....]  50%  ETA 0:10'],
    [20, 'Staging 50%'],
    [8, 'Stag...'],
  ])('leaves out at %d columns what matters least', (columns, expected) => {
    expect(formatBar('Staging', half, {columns, unicode: false})).toBe(expected);
  });

  it('never fills the line, whatever its width', () => {
    for (let columns = 2; columns <= 200; columns++) {
      for (const unicode of [true, false]) {
        expect(cellsOf(formatBar('Collecting', half, {columns, unicode}))).toBeLessThan(columns);
      }
    }
  });

  it('does not say 100% before everything is done', () => {
    expect(fractionDone({...half, bytesDone: 240e6})).toBeLessThan(1);
    expect(formatBar('Staging', {...half, bytesDone: 240e6}, {columns: 60, unicode: false})).toContain(' 99%');
    expect(fractionDone({...half, filesDone: 7, bytesDone: 240e6})).toBe(1);
  });

  it('does not fall back while what was sent before a restart is being checked, and says that it is', () => {
    const checked = {...half, bytesDone: 20e6, checkingBytes: 100e6};
    expect(fractionDone(checked)).toBe(0.5);
    expect(formatBar('Staging', checked, {columns: 120, unicode: false})).toContain(
      ' 50%  120 MB/240 MB  12 MB/s  ETA 0:10  checking 100 MB',
    );
    expect(formatProgressSentence('Staging', checked)).toBe(
      'Staging: 3 of 7 files, 120 MB of 240 MB (checking 100 MB of them), 12 MB/s, 0:10 left',
    );
  });

  it('counts files where there are no bytes, and knows no time where nothing moves', () => {
    expect(fractionDone(movement('stage', {filesDone: 1, filesTotal: 4}))).toBe(0.25);
    expect(formatBar('Staging', {...half, rate: 0}, {columns: 80, unicode: false})).toContain('ETA -:--');
  });
});

describe('sentences and cutting', () => {
  it('says the same in words', () => {
    expect(formatProgressSentence('Staging', half)).toBe('Staging: 3 of 7 files, 120 MB of 240 MB, 12 MB/s, 0:10 left');
  });

  it('cuts wide characters by their width', () => {
    expect(truncate('日本語テキスト', 9)).toBe('日本語...');
    expect(truncate('short', 9)).toBe('short');
  });
});
