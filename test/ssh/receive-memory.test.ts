import {once} from 'node:events';
import {writeFile} from 'node:fs/promises';
import {createServer, type AddressInfo} from 'node:net';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, describe, expect, test, vi} from 'vitest';
import {CIPHERS} from '../../src/ssh/algorithms.js';
import {connect} from '../../src/ssh/connect.js';
import type {SshConnection} from '../../src/ssh/connection.js';
import {ReceiveMemory} from '../../src/ssh/receive-memory.js';
import {OPEN} from '../../src/ssh/sftp/open-flags.js';
import {openSocket} from '../../src/ssh/socket.js';
import {SftpSession} from '../../src/stores/ssh/session.js';
import {readRange} from '../../src/stores/ssh/source.js';
import {seededBytes} from '../../src/transfer/testing/two-stores.js';
import {endpointOf} from '../servers/sshd-endpoint.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {startTcpLine} from '../servers/tcp-line.js';

const MIB = 1024 * 1024;
const BYTES = 10 * MIB;
const content = seededBytes(1, BYTES);

afterEach(() => vi.restoreAllMocks());

/** What a command prints, each piece kept as it was given until the last one has come. */
async function printed(connection: SshConnection, file: string): Promise<Buffer> {
  const channel = await connection.openExec(`cat ${file}`);
  const pieces: Buffer[] = [];
  channel.on('data', (piece: Buffer) => {
    pieces.push(piece);
    // What comes now waits in the stream.
    if (pieces.length % 50 === 0) {
      channel.pause();
      setTimeout(() => channel.resume(), 1);
    }
  });
  await once(channel, 'close');
  return Buffer.concat(pieces);
}

/** In ranges that are under way together. */
async function read(connection: SshConnection, file: string): Promise<Buffer> {
  const channel = await connection.openSftp();
  const session = new SftpSession(channel, 'lab');
  const handle = await session.open(file, OPEN.read);
  const ranges = Array.from({length: BYTES / MIB}, (_, index) => readRange(session, handle, index * MIB, MIB));
  const found = Buffer.concat(await Promise.all(ranges));
  session.end();
  return found;
}

/** Bytes that come before memory is used again: a packet has 35,000 at most, and waits for its tag or MAC. */
const STAY_BYTES = MIB / 4;

/** The first of the pieces that lies where one of those that came shortly before it lies. */
function overwriting(pieces: readonly Buffer[]): number {
  return pieces.findIndex((piece, index) => {
    const end = piece.byteOffset + piece.length;
    for (let since = 0, at = index - 1; at >= 0; at--) {
      const before = pieces[at];
      if (before === undefined || (since += before.length) > STAY_BYTES) return false;
      const overlaps = piece.byteOffset < before.byteOffset + before.length && before.byteOffset < end;
      if (before.buffer === piece.buffer && overlaps) return true;
    }
    return false;
  });
}

describe.each([
  {macs: 'of the packet in clear', config: ['MACs hmac-sha2-256,hmac-sha2-512']},
  {macs: 'of what is sent', config: ['MACs hmac-sha2-256-etm@openssh.com']},
])('with a MAC $macs', ({config}) => {
  let sshd: Sshd;
  let file: string;
  beforeAll(async () => {
    sshd = await startSshd({config: ['RekeyLimit 4M', ...config]});
    file = join(sshd.directory, 'file');
    await writeFile(file, content);
  });
  afterAll(() => sshd.close());

  test.each(CIPHERS)('memory is read into again, and no byte is wrong: %s, and keys that change', async (cipher) => {
    const connection = await connect(endpointOf(sshd, {ciphers: [cipher]}));
    try {
      expect((await read(connection, file)).equals(content)).toBe(true);
      const allocated = vi.spyOn(Buffer, 'allocUnsafeSlow');
      expect((await read(connection, file)).equals(content)).toBe(true);
      const [anew, ...others] = await Promise.all([
        read(connection, file),
        printed(connection, file),
        printed(connection, file),
      ]);
      expect(anew.equals(content)).toBe(true);
      for (const other of others) expect(other.equals(content)).toBe(true);
      expect(allocated.mock.calls.length).toBeLessThan(100);
    } finally {
      connection.end();
    }
  });

  test.each(CIPHERS)('what comes in odd pieces is the same: %s', async (cipher) => {
    // A packet may end with a piece, and its tag or MAC come in several.
    const line = await startTcpLine(sshd.port, {pieceLengths: [1, 3, 32_767, 5, 32_788, 2, 65_536, 16, 40_000, 7]});
    const changes = {ciphers: [cipher], port: line.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}`};
    const taken = vi.spyOn(ReceiveMemory.prototype, 'take');
    const connection = await connect(endpointOf(sshd, changes));
    try {
      for (const found of await Promise.all([read(connection, file), printed(connection, file)])) {
        expect(found.equals(content)).toBe(true);
      }
      const pieces = taken.mock.results.flatMap(({type, value}) => (type === 'return' ? [value] : []));
      expect(pieces.length).toBeGreaterThan(100);
      expect(overwriting(pieces)).toBe(-1);
    } finally {
      connection.end();
      await line.close();
    }
  });
});

test('what comes before anybody listens waits, in its order', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    let count = 0;
    const timer = setInterval(() => {
      socket.write(`${count++};`);
      if (count === 100) {
        clearInterval(timer);
        socket.end();
      }
    }, 1);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const {port} = server.address() as AddressInfo;
  const endpoint = endpointOf({host: '127.0.0.1', port, user: '', identityFile: '', knownHostsFile: ''});
  const socket = await openSocket(endpoint, new AbortController().signal);
  try {
    await delay(20);
    let found = '';
    socket.on('data', (bytes: Buffer) => {
      found += bytes.toString();
      if (found.length > 100 && found.length < 110) {
        socket.pause();
        setTimeout(() => socket.resume(), 20);
      }
    });
    await once(socket, 'end');
    expect(found).toBe(Array.from({length: 100}, (_, count) => `${count};`).join(''));
  } finally {
    socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});
