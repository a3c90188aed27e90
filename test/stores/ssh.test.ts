import {afterAll, beforeAll} from 'vitest';
import {describeStoreContract} from '../../src/stores/contract/describe-store-contract.js';
import {canMount, diskDirectory, readOnlyMedium, smallMedium} from '../../src/stores/contract/media.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {sshPlace} from './ssh-place.js';

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.close());

describeStoreContract({
  name: 'ssh',
  make: () => sshPlace(sshd, diskDirectory()),
  ...(canMount
    ? {makeSmall: () => sshPlace(sshd, smallMedium(16)), makeReadOnly: () => sshPlace(sshd, readOnlyMedium())}
    : {}),
});
