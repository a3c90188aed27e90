import {afterAll, beforeAll, describe} from 'vitest';
import {describeStoreContract} from '../../src/stores/contract/describe-store-contract.js';
import {canMount, diskDirectory, readOnlyMedium, smallMedium} from '../../src/stores/contract/media.js';
import {startDropbear} from '../servers/dropbear.js';
import {startSshd} from '../servers/sshd.js';
import type {SshServer} from '../servers/sshd-endpoint.js';
import {sshPlace} from '../stores/ssh-place.js';

describe.each([
  ['Dropbear', startDropbear],
  ['OpenSSH without SFTP', () => startSshd({sftp: 'off'})],
] as const)('%s', (name, start) => {
  let server: SshServer & {close(): Promise<void>};
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.close());

  describeStoreContract({
    name: `scp at ${name}`,
    make: () => sshPlace(server, diskDirectory()),
    ...(canMount
      ? {makeSmall: () => sshPlace(server, smallMedium(16)), makeReadOnly: () => sshPlace(server, readOnlyMedium())}
      : {}),
  });
});
