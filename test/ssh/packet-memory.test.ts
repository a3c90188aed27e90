import {once} from 'node:events';
import {readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, describe, expect, test, vi} from 'vitest';
import {CIPHERS, nativeBindingLoaded} from '../../src/ssh/algorithms.js';
import {connect} from '../../src/ssh/connect.js';
import type {SshConnection} from '../../src/ssh/connection.js';
import {PacketMemory} from '../../src/ssh/packet-memory.js';
import {seededBytes} from '../../src/transfer/testing/two-stores.js';
import {endpointOf} from '../servers/sshd-endpoint.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {startToxiproxy} from '../servers/toxiproxy.js';

const MIB = 1024 * 1024;
const PACKET_BYTES = 32 * 1024;

afterEach(() => vi.restoreAllMocks());

/** In pieces of other lengths than a packet, some of several at once. */
async function send(connection: SshConnection, bytes: Buffer, file: string): Promise<void> {
  const channel = await connection.openExec(`cat > ${file}`);
  const ended = once(channel, 'close');
  channel.resume();
  for (let offset = 0; offset < bytes.length; ) {
    const length = 1 + ((offset * 7919) % (3 * MIB));
    if (!channel.write(bytes.subarray(offset, offset + length))) await Promise.race([once(channel, 'drain'), ended]);
    offset += length;
  }
  channel.end();
  await ended;
}

describe.each([
  {macs: 'of the packet in clear', config: ['MACs hmac-sha2-256,hmac-sha2-512']},
  {macs: 'of what is sent', config: ['MACs hmac-sha2-256-etm@openssh.com']},
])('with a MAC $macs', ({config}) => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd({config: ['RekeyLimit 8M', ...config]});
  });
  afterAll(() => sshd.close());

  test.each(CIPHERS)(
    'memory of packets is used again, and no byte is wrong: %s, and keys that change',
    async (cipher) => {
      expect(nativeBindingLoaded()).toBe(true);
      const lent = vi.spyOn(PacketMemory.prototype, 'lendTo');
      const allocated = vi.spyOn(Buffer, 'allocUnsafe');
      const bytes = seededBytes(1, 64 * MIB);
      const file = join(sshd.directory, cipher);
      const connection = await connect(endpointOf(sshd, {ciphers: [cipher]}));
      try {
        await send(connection, bytes, file);
      } finally {
        connection.end();
      }
      const packets = allocated.mock.calls.filter(([size]) => size > PACKET_BYTES).length;
      expect((await readFile(file)).equals(bytes)).toBe(true);
      expect(packets).toBeLessThan(bytes.length / PACKET_BYTES / 2);
      expect(lent.mock.calls.length).toBeGreaterThan(3);
      await rm(file);
    },
  );
});

test('a connection that is quiet keeps no memory', async () => {
  const sshd = await startSshd();
  const connection = await connect(endpointOf(sshd));
  try {
    const allocations = async (bytes: number) => {
      const allocated = vi.spyOn(Buffer, 'allocUnsafe');
      await send(connection, seededBytes(1, bytes), join(sshd.directory, 'file'));
      const found = allocated.mock.calls.filter(([size]) => size > PACKET_BYTES).length;
      allocated.mockRestore();
      return found;
    };
    await allocations(8 * MIB);
    expect(await allocations(2 * PACKET_BYTES)).toBe(0);
    await delay(3_000);
    expect(await allocations(2 * PACKET_BYTES)).toBeGreaterThan(0);
  } finally {
    connection.end();
    await sshd.close();
  }
});

test('no packet that waits for a slow line is overwritten', async () => {
  const sshd = await startSshd();
  const line = await startToxiproxy(sshd.port);
  await line.bandwidth(24 * 1024);
  const connection = await connect(endpointOf(sshd, {port: line.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}`}));
  try {
    // Each may have 2 MiB on its way: together more than the system takes.
    const streams = Array.from({length: 8}, (_, seed) => ({
      bytes: seededBytes(seed, 6 * MIB),
      file: join(sshd.directory, `stream-${seed}`),
    }));
    let most = 0;
    const look = setInterval(() => (most = Math.max(most, connection.socket.writableLength)), 5);
    await Promise.all(streams.map(({bytes, file}) => send(connection, bytes, file)));
    clearInterval(look);
    expect(most).toBeGreaterThan(MIB);
    for (const {bytes, file} of streams) expect((await readFile(file)).equals(bytes)).toBe(true);
  } finally {
    connection.end();
    await line.close();
    await sshd.close();
  }
});
