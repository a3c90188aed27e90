import {createHash} from 'node:crypto';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {installedSdkVersion, loadWorkflowBundle} from './bundle.js';

const code = 'module.exports = {};\n';
const sha256 = createHash('sha256').update(code).digest('hex');
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-bundle-'));
  await writeFile(join(directory, 'workflow-bundle.js'), code);
});
afterEach(() => rm(directory, {recursive: true}));

async function record(content: string): Promise<void> {
  await writeFile(join(directory, 'workflow-bundle.json'), content);
}

describe('the workflow bundle', () => {
  it('is loaded where the SDK that built it is the one that runs', async () => {
    await record(JSON.stringify({sdkVersion: installedSdkVersion(), sha256}));
    expect(await loadWorkflowBundle(directory)).toEqual({code});
  });

  it('is refused where another SDK version built it, naming both', async () => {
    await record(JSON.stringify({sdkVersion: '1.23.0', sha256}));
    await expect(loadWorkflowBundle(directory, '1.24.0')).rejects.toMatchObject({
      code: 'worker.bundle-mismatch',
      expected: '1.24.0',
      found: '1.23.0',
    });
  });

  it('is refused where its bytes are not those that were built', async () => {
    await record(JSON.stringify({sdkVersion: installedSdkVersion(), sha256}));
    await writeFile(join(directory, 'workflow-bundle.js'), `${code}// changed\n`);
    await expect(loadWorkflowBundle(directory)).rejects.toMatchObject({
      code: 'worker.bundle-mismatch',
      expected: sha256,
    });
  });

  it.each([
    ['no record', undefined],
    ['a torn record', '{"sdkVersion": "1.2'],
    ['a record of another form', '{}'],
  ])('is refused with %s', async (_, content) => {
    if (content !== undefined) await record(content);
    await expect(loadWorkflowBundle(directory)).rejects.toMatchObject({code: 'worker.bundle-mismatch'});
  });

  it('names the SDK version as a number of three parts', () => {
    expect(installedSdkVersion()).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
