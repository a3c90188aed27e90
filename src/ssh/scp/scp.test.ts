import {describe, expect, test} from 'vitest';
import {ScpAnswers} from './answers.js';
import {receivingCommand, sendingCommand} from './command.js';
import {ScpReceiver} from './receive.js';
import {headOf, isCarried} from './records.js';

describe('commands', () => {
  test.each([
    ['/data/in', "exec scp -p -d -t '/data/in'"],
    ["/it's; rm -rf $HOME", "exec scp -p -d -t '/it'\\''s; rm -rf $HOME'"],
    ['/two\nlines', "n=$(printf '\\nx'); n=${n%x}; exec scp -p -d -t '/two'\"$n\"'lines'"],
  ])('%j is one word of one line', (directory, command) => {
    expect(receivingCommand(directory)).toBe(command);
    expect(command).not.toContain('\n');
  });

  test('a file is asked for by its name, whatever that is', () => {
    expect(sendingCommand('/a *')).toBe("scp -f '/a *'");
  });
});

describe('records', () => {
  test('give mode, size and name, after the times where they are kept', () => {
    expect(headOf({name: 'a b', mode: 0o100640, size: 7})).toEqual({text: 'C0640 7 a b\n', answers: 1});
    expect(headOf({name: 'x', mode: 0o4755, size: 0, modifiedAt: 1_700_000_000})).toEqual({
      text: 'T1700000000 0 1700000000 0\nC4755 0 x\n',
      answers: 2,
    });
  });

  test.each(['', '.', '..', 'a/b', 'a\nC0777 1 b', '\0'])('refuse the name %j, which would be another one', (name) => {
    expect(isCarried(name)).toBe(false);
    expect(() => headOf({name, mode: 0o600, size: 1})).toThrow(RangeError);
  });
});

describe('answers', () => {
  test('come in order, however they are cut', async () => {
    const answers = new ScpAnswers();
    for (const byte of Buffer.from('\0\x01scp: /x: Permission denied\n\0')) answers.feed(Buffer.of(byte));
    expect(await answers.next()).toBeUndefined();
    expect(await answers.next()).toBe('scp: /x: Permission denied');
    expect(await answers.next()).toBeUndefined();
  });

  test('that are none end it', async () => {
    const answers = new ScpAnswers();
    const next = answers.next();
    answers.feed(Buffer.alloc(70_000, 'x'));
    await expect(next).rejects.toThrow('something else');
  });
});

describe('a file that is received', () => {
  const file = Buffer.from('C0644 5 any name\nhello\0');

  test.each([1, 3, 100])('in pieces of %i bytes is complete with its last one', (bytes) => {
    const into = Buffer.alloc(8);
    const receiver = new ScpReceiver(into);
    for (let at = 0; at < file.length; at += bytes) receiver.feed(file.subarray(at, at + bytes));
    expect([receiver.kept, into.subarray(0, 5).toString()]).toEqual([5, 'hello']);
  });

  test('is not complete before', () => {
    const receiver = new ScpReceiver(Buffer.alloc(8));
    receiver.feed(file.subarray(0, -2));
    expect(receiver.kept).toBeUndefined();
  });

  test('that has grown fills what there is room for', () => {
    const into = Buffer.alloc(3);
    const receiver = new ScpReceiver(into);
    receiver.feed(file);
    expect([receiver.kept, into.toString()]).toEqual([3, 'hel']);
  });

  test.each([
    ['\x01scp: /x: No such file or directory\n', 'scp: /x: No such file or directory'],
    ['D0755 0 directory\n', 'D0755 0 directory'],
    ['C0644 5 x\nhel\0\0\x01scp: /x: Input/output error\n', 'scp: /x: Input/output error'],
  ])('%j is none, and says why', (sent, complaint) => {
    const receiver = new ScpReceiver(Buffer.alloc(8));
    receiver.feed(Buffer.from(sent));
    expect([receiver.kept, receiver.complaint]).toEqual([undefined, complaint]);
  });
});
