import {chmod, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {freePort} from '../../test/servers/ports.js';
import {startTemporalServer} from './temporal-server.js';

test('a server that panics is tried three times, and the reason is told', async () => {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'waybill-panic-'));
  const executable = join(stateDirectory, 'panicking');
  await writeFile(
    executable,
    '#!/bin/sh\necho run >>../runs\nprintf "panic: no port\\n\\ngoroutine 1\\nframe\\nframe\\nframe\\nframe\\n" >&2\nexit 2\n',
  );
  await chmod(executable, 0o755);
  const starting = startTemporalServer({
    executable,
    stateDirectory,
    port: await freePort(),
    uiPort: await freePort(),
    namespace: 'default',
    environment: process.env,
    signal: new AbortController().signal,
  });
  await expect(starting).rejects.toMatchObject({code: 'stack.start-failed'});
  await expect(starting).rejects.toThrow('panic: no port');
  expect(await readFile(join(stateDirectory, 'runs'), 'utf8')).toBe('run\n'.repeat(3));
  await rm(stateDirectory, {recursive: true});
});
