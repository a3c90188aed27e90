import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import type {SshEndpoint} from '../../src/ssh/endpoint.js';
import {SshPool} from '../../src/ssh/pool.js';
import {describeAttributes} from '../../src/stores/contract/attributes.js';
import {describeCancellation} from '../../src/stores/contract/cancellation.js';
import {diskDirectory} from '../../src/stores/contract/media.js';
import {describeTwoAttempts} from '../../src/stores/contract/two-attempts.js';
import {withSubject} from '../../src/stores/contract/with-place.js';
import type {OnProtocol, SshProtocol} from '../../src/stores/ssh/sessions.js';
import {openSshStore} from '../../src/stores/ssh/store.js';
import type {Store} from '../../src/stores/store.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';
import {sshPlace} from './ssh-place.js';

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd({sftp: 'off'});
});
afterAll(() => sshd.close());

// A part of it, for the time it takes: the whole contract, here and at Dropbear, is `npm run test:scp`.
describe('store contract: scp', () => {
  withSubject(
    () => sshPlace(sshd, diskDirectory()),
    (subject) => {
      describeTwoAttempts(subject);
      describeAttributes(subject);
      describeCancellation(subject);
    },
  );
});

describe('which way files go', () => {
  const open: {close(): Promise<void>}[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });

  function there(endpoint: SshEndpoint, protocol: SshProtocol = 'auto', told: Parameters<OnProtocol>[] = []): Store {
    const pool = new SshPool(endpoint, {patienceMs: 500});
    const root = sshd.directory;
    const store = openSshStore({name: 'lab', pool, root, protocol, onProtocol: (...found) => told.push(found)});
    open.push(pool, store);
    return store;
  }

  test('is found out once, and told', async () => {
    const told: Parameters<OnProtocol>[] = [];
    const store = there(endpointOf(sshd), 'auto', told);
    expect(store.properties.protocol).toBeUndefined();
    await Promise.all([store.stat('a'), store.stat('b'), store.freeSpace('')]);
    const reason = '127.0.0.1 starts no SFTP session: Unable to start subsystem: sftp';
    expect([store.properties.protocol, told]).toEqual(['scp', [['scp', reason]]]);
  });

  test('may be asked for: SFTP alone refuses a server without it, and scp leaves it aside', async () => {
    await expect(there(endpointOf(sshd), 'sftp').stat('')).rejects.toMatchObject({code: 'ssh.sftp-unavailable'});
    const withSftp = await startSshd();
    open.push(withSftp);
    const [byScp, found] = [there(endpointOf(withSftp), 'scp'), there(endpointOf(withSftp))];
    await Promise.all([byScp.stat(''), found.stat('')]);
    expect([byScp.properties.protocol, found.properties.protocol]).toEqual(['scp', 'sftp']);
  });

  test('is no other where the line broke: that says nothing of the server', async () => {
    const store = there(endpointOf(sshd, {host: '127.0.0.1', port: 1, connectTimeoutMs: 1000}));
    await expect(store.stat('')).rejects.toMatchObject({code: 'ssh.unreachable'});
    expect(store.properties.protocol).toBeUndefined();
  });
});
