import {describe, expect, test} from 'vitest';
import {readAnswerHead} from './answer-head.js';

const HEAD = 'HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nETag: "e"\r\nx-amz-meta-name:  é \r\n\r\n';

describe('the head of an answer', () => {
  test('says its status, its headers, and what comes after it', () => {
    expect(readAnswerHead(Buffer.from(`${HEAD}hello`, 'latin1'))).toEqual({
      status: 206,
      headers: {'content-length': '5', etag: '"e"', 'x-amz-meta-name': 'é'},
      headBytes: HEAD.length,
      bodyBytes: 5,
      keepsConnection: true,
    });
  });

  test('is not whole before its empty line', () => {
    for (let length = 0; length < HEAD.length; length++) {
      expect(readAnswerHead(Buffer.from(HEAD.slice(0, length), 'latin1'))).toBe('part');
    }
  });

  test('may say that nothing follows on the connection', () => {
    const head = HEAD.replace('ETag', 'Connection: close\r\nETag');
    expect(readAnswerHead(Buffer.from(head, 'latin1'))).toMatchObject({keepsConnection: false});
  });

  test('keeps all but the spaces and tabs around a value', () => {
    const head = HEAD.replace('"e"', ' \t a \t b\xa0\t ');
    expect(readAnswerHead(Buffer.from(head, 'latin1'))).toMatchObject({headers: {etag: 'a \t b\xa0'}});
  });

  test('is read in no time, whatever a server puts into it', () => {
    const begun = performance.now();
    for (const line of [`x:${' '.repeat(16_000)}\n`, `x: a${' \t'.repeat(8000)}a`, 'x'.repeat(16_000)]) {
      readAnswerHead(Buffer.from(`HTTP/1.1 200 OK\r\n${line}\r\n\r\n`));
    }
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  test.each([
    ['comes in chunks', 'Transfer-Encoding: chunked\r\n'],
    ['comes in chunks and says a length', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n'],
    ['says no length', 'ETag: "e"\r\n'],
    ['says two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n'],
    ['says a length that is no number', 'Content-Length: +5\r\n'],
  ])('does not say how many bytes follow where it %s', (_, fields) => {
    const head = readAnswerHead(Buffer.from(`HTTP/1.1 200 OK\r\n${fields}\r\n`));
    expect(head).toMatchObject({status: 200, bodyBytes: undefined});
  });

  test.each([
    ['has a line that goes on', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: a\r\n b\r\n\r\n'],
    ['has a space before a colon', 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n'],
    ['is an earlier one than the last', 'HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n'],
    ['has no body', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
    ['is of another version', 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n'],
    ['is of another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ])('is for others to read where it %s', (_, head) => {
    expect(readAnswerHead(Buffer.from(head, 'latin1'))).toBe('other');
  });
});
