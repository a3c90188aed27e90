import {closeSync, openSync} from 'node:fs';
import {expect, it, onTestFinished} from 'vitest';
import {createLog, temporalLogger} from './log.js';

it('keeps the tokens of activity tasks out of the log, whoever names them', () => {
  const lines: string[] = [];
  const log = createLog('debug', {write: (line) => void lines.push(line)});
  temporalLogger(log, 'debug').warn('Activity failed', {activityType: 'moveSegment', taskToken: 'c2VjcmV0'});
  log.error({task: {taskToken: 'c2VjcmV0'}}, 'nested');
  expect(lines).toHaveLength(2);
  expect(lines.join('')).toContain('moveSegment');
  expect(lines.join('')).not.toContain('c2VjcmV0');
});

it('goes on where its disk is full', () => {
  const fd = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(fd));
  const log = createLog('info', fd);
  for (const line of ['one', 'two', 'three']) log.info(line);
});
