import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {sshTarget} from '../../src/config/target-schema.js';
import {transferSettings} from '../../src/config/transfer-schema.js';
import {openSshTarget} from '../../src/worker/ssh-target.js';
import {type Sshd, startSshd} from '../servers/sshd.js';

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd({shells: ['dash']});
});
afterAll(() => sshd.close());

async function check(more: Readonly<Record<string, unknown>>) {
  const {host, port, user, identityFile, knownHostsFile, directory} = sshd;
  const settings = {kind: 'ssh', host, port, user, identityFile, knownHostsFile, sshConfigFile: '/nonexistent'};
  const target = sshTarget.parse({...settings, workspaceRoot: join(directory, 'workspaces'), ...more});
  const opened = openSshTarget('bigbox', target, transferSettings.parse({}));
  try {
    return (await opened.check()).filter(({name}) => name !== 'native crypto');
  } finally {
    await opened.close();
  }
}

it('finds everything at a server that does everything', async () => {
  expect((await check({})).map(({name, outcome}) => [name, outcome])).toEqual([
    ['connect', 'ok'],
    ['shell', 'ok'],
    ['files', 'ok'],
    ['hasher', 'ok'],
    ['workspace root', 'ok'],
    ['free space', expect.any(String)],
  ]);
});

it('ends with the connection where the host key is not known, and says what accepts it', async () => {
  const checks = await check({knownHostsFile: join(sshd.directory, 'no known hosts')});
  expect(checks).toMatchObject([
    {name: 'connect', outcome: 'failed', detail: expect.stringContaining('unknown ssh-') as string},
  ]);
  expect(checks[0]?.remedy).toContain('waybill targets trust');
});
