import {PassThrough} from 'node:stream';
import {expect, it} from 'vitest';
import {Screen} from './screen.js';

it('leaves no listener behind where the reader is slower than the command', async () => {
  const stdout = new PassThrough({highWaterMark: 1});
  const screen = new Screen({stdout, stderr: new PassThrough(), environment: {}});
  stdout.resume();
  const before = stdout.eventNames().map((name) => stdout.listenerCount(name));
  for (let chunk = 0; chunk < 20; chunk++) await screen.output('stdout', Buffer.from('a line of output\n'));
  expect(stdout.eventNames().map((name) => stdout.listenerCount(name))).toEqual(before);
});
