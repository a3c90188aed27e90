import {describe, expect, test} from 'vitest';
import {ScpAnswers} from './answers.js';
import {receivingCommand, sendingCommand} from './command.js';
import {agreementTo, receiveInTurn, ScpReceiver} from './receive.js';
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
    expect(sendingCommand('/a', "/it's")).toBe("scp -f '/a' '/it'\\''s'");
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

describe('files that are received one after the other', () => {
  const sent = Buffer.from('C0644 5 a\nhello\0C0600 0 b\n\0\x01scp: /c: No such file\nC0644 2 d\nd!\0');
  const receivers = (count: number): ScpReceiver[] =>
    Array.from({length: count}, () => new ScpReceiver(Buffer.alloc(8)));

  test.each([1, 7, 1000])('in pieces of %i bytes are kept apart, also where one was refused', (bytes) => {
    const files = receivers(5);
    const take = receiveInTurn(files);
    for (let at = 0; at < sent.length; at += bytes) take(sent.subarray(at, at + bytes));
    expect(files.map(({kept}) => kept)).toEqual([5, 0, undefined, 2, undefined]);
    expect(files.map(({ended}) => ended)).toEqual([true, true, true, true, false]);
    expect(files[2]?.complaint).toBe('scp: /c: No such file');
  });

  test('are none any more after something else than the protocol', () => {
    const files = receivers(3);
    receiveInTurn(files)(Buffer.from('C0644 1 a\nx\0Last login: today\nC0644 1 c\ny\0'));
    expect(files.map(({kept}) => kept)).toEqual([1, undefined, undefined]);
  });

  test('are agreed to ahead: to the beginning, and to the record and the bytes of each', () => {
    expect([...agreementTo(2)]).toEqual([0, 0, 0, 0, 0]);
  });
});
