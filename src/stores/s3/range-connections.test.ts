import {once} from 'node:events';
import {type AddressInfo, createServer, type Server, type Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {RangeConnections} from './range-connections.js';

const CONTENT = Buffer.from(Array.from({length: 40_000}, (_, at) => at % 251));
const take = (bytes: number): Buffer => Buffer.alloc(bytes);

function headOf(length: number, more = ''): Buffer {
  return Buffer.from(`HTTP/1.1 206 Partial Content\r\nContent-Length: ${length}\r\n${more}\r\n`);
}

describe('a connection for ranges', () => {
  let server: Server;
  let ranges: RangeConnections;
  const sockets: Socket[] = [];
  /** What is done for each request, in their order; the last one for all that come after. */
  let acts: ((socket: Socket) => Promise<void> | void)[];
  let requests: string[];

  beforeEach(async () => {
    requests = [];
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        requests.push(bytes.toString());
        const act = acts.length > 1 ? acts.shift() : acts[0];
        Promise.resolve(act?.(socket)).catch(() => socket.destroy());
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    ranges = open(10_000);
  });

  function open(stallMs: number): RangeConnections {
    const {port} = server.address() as AddressInfo;
    return new RangeConnections({url: new URL(`http://127.0.0.1:${port}`), stallMs});
  }

  afterEach(async () => {
    ranges.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  const get = (options: {readonly maxBytes?: number; readonly signal?: AbortSignal; onBytes?: () => void} = {}) =>
    ranges.get({
      ...{path: '/b/k%20y', headers: {range: 'bytes=0-39999'}, maxBytes: CONTENT.length, ...options},
      take,
    });

  const whole = (socket: Socket): void => {
    socket.write(Buffer.concat([headOf(CONTENT.length), CONTENT]));
  };

  test('asks as HTTP wants it', async () => {
    acts = [whole];
    await get();
    const [, port = ''] = /Host: [\d.]+:(\d+)/i.exec(requests[0] ?? '') ?? [];
    expect(requests).toEqual([`GET /b/k%20y HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nrange: bytes=0-39999\r\n\r\n`]);
    await expect(ranges.get({path: '/a b', headers: {}, maxBytes: 1, take})).rejects.toThrow(TypeError);
    await expect(ranges.get({path: '/a', headers: {range: 'a\r\nb: c'}, maxBytes: 1, take})).rejects.toThrow(TypeError);
  });

  test.each([1, 7, 97, 1000, 16_384, 39_999])('takes an answer that comes %i bytes at a time', async (step) => {
    const head = headOf(CONTENT.length, 'x-amz-meta-mode: 644\r\n');
    const answer = Buffer.concat([head, CONTENT]);
    acts = [
      async (socket) => {
        socket.setNoDelay(true);
        // Byte by byte is for the head: the body is the same from its second piece on.
        const end = step === 1 ? head.length + 3 : answer.length;
        for (let at = 0; at < end; at += step) {
          socket.write(answer.subarray(at, Math.min(at + step, end)));
          await new Promise(setImmediate);
        }
        socket.write(answer.subarray(end));
      },
    ];
    let told = 0;
    const found = await get({onBytes: () => (told += 1)});
    expect(found).toMatchObject({status: 206, headers: {'x-amz-meta-mode': '644'}});
    expect(found !== 'other' && found.body.equals(CONTENT)).toBe(true);
    expect(told).toBeGreaterThan(0);
  });

  test('is used again, unless the server wants to end it', async () => {
    acts = [
      whole,
      whole,
      (socket) => void socket.end(Buffer.concat([headOf(5, 'Connection: close\r\n'), CONTENT.subarray(0, 5)])),
      whole,
    ];
    for (let count = 0; count < 2; count++) await get();
    expect(sockets).toHaveLength(1);
    expect(await get()).toMatchObject({body: CONTENT.subarray(0, 5)});
    await get();
    expect(sockets).toHaveLength(2);
  });

  test('carries one request at a time', async () => {
    acts = [whole];
    const found = await Promise.all([get(), get(), get()]);
    expect(found.every((answer) => answer !== 'other' && answer.body.equals(CONTENT))).toBe(true);
    expect(sockets).toHaveLength(3);
    await get();
    expect(sockets).toHaveLength(3);
  });

  test('that has ended while it was idle is not used', async () => {
    acts = [whole];
    await get();
    sockets[0]?.end();
    await expect.poll(() => ranges.count).toBe(0);
    await get();
    expect(sockets).toHaveLength(2);
  });

  test('over which something comes that nobody has asked for is not used again', async () => {
    acts = [whole];
    await get();
    sockets[0]?.write(headOf(1));
    await expect.poll(() => ranges.count).toBe(0);
  });

  test('gives a refusal with its reason', async () => {
    acts = [(socket) => void socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone')];
    expect(await get({maxBytes: 1})).toMatchObject({status: 404, body: Buffer.from('none')});
  });

  test.each([408, 429, 500, 503])(
    'gives a refusal %i without its reason where that comes in chunks',
    async (status) => {
      const answer = `HTTP/1.1 ${status} No\r\nRetry-After: 2\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnone\r\n0\r\n\r\n`;
      acts = [(socket) => void socket.write(answer)];
      expect(await get()).toMatchObject({status, headers: {'retry-after': '2'}, body: Buffer.alloc(0)});
      await expect.poll(() => ranges.count).toBe(0);
      expect(requests).toHaveLength(1);
    },
  );

  test.each([
    ['refused in chunks', 'HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
    ['with more bytes than it says', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello!'],
    ['with a head that does not end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}`],
  ])('leaves an answer %s to others, and ends', async (_, answer) => {
    acts = [(socket) => void socket.write(answer)];
    expect(await get()).toBe('other');
    await expect.poll(() => ranges.count).toBe(0);
  });

  test.each([
    ['before the answer', '', 'The connection ended without an answer.'],
    ['in its head', 'HTTP/1.1 206', 'The connection ended without an answer.'],
    ['in its body', 'HTTP/1.1 206 P\r\nContent-Length: 9\r\n\r\nhello', 'The answer was cut off.'],
  ])('that is cut off %s says so', async (_, answer, message) => {
    acts = [(socket) => void socket.end(answer)];
    await expect(get()).rejects.toMatchObject({status: 0, message, isTransient: true});
    acts = [
      async (socket) => {
        socket.write(answer);
        await sleep(50);
        socket.resetAndDestroy();
      },
    ];
    await expect(get()).rejects.toMatchObject({status: 0, code: 'ECONNRESET'});
  });

  test.each([
    ['before the answer', ''],
    ['in its body', 'HTTP/1.1 206 P\r\nContent-Length: 9\r\n\r\nhello'],
  ])('that falls silent %s is given up after the stall time', async (_, answer) => {
    acts = [(socket) => void socket.write(answer)];
    const begun = performance.now();
    ranges.close();
    ranges = open(300);
    await expect(get()).rejects.toMatchObject({status: 0, code: 'ETIMEDOUT'});
    expect(performance.now() - begun).toBeGreaterThan(250);
  });

  test('ends with the reason of its signal', async () => {
    acts = [(socket) => void socket.write('HTTP/1.1 206 P\r\nContent-Length: 9\r\n\r\nhello')];
    const abort = new AbortController();
    const reason = new Error('enough');
    await expect(get({signal: abort.signal, onBytes: () => abort.abort(reason)})).rejects.toBe(reason);
    await expect.poll(() => ranges.count).toBe(0);
    await expect(get({signal: abort.signal})).rejects.toBe(reason);
    expect(requests).toHaveLength(1);
  });

  test('refuses an answer that is larger than it may be before it is read', async () => {
    acts = [whole];
    await expect(get({maxBytes: CONTENT.length - 1})).rejects.toMatchObject({code: 'AnswerTooLarge'});
  });
});
