import {access} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {ssh2Prefix} from './algorithms.js';

it('names the directory from which npm builds the binding of ssh2 anew', async () => {
  expect(ssh2Prefix()).toBe(process.cwd());
  await expect(access(join(ssh2Prefix(), 'node_modules/ssh2/install.js'))).resolves.toBeUndefined();
});
