import {createHash} from 'node:crypto';
import {readdir, readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {bundleWorkflowCode, DefaultLogger} from '@temporalio/worker';
import {workflowBundle} from '../../src/worker/bundle.js';
import {writeWhole} from './write-whole.js';

/** Writes dist/workflow-bundle.js and, last, the record of what it was made from. */
export async function bundleWorkflows(root: string): Promise<string> {
  const dist = join(root, 'dist');
  const sdkVersion = installedSdkVersion(root);
  const sources = await hashOfModules(dist);
  if (await isCurrent(dist, sdkVersion, sources)) return 'unchanged';
  const {code} = await bundleWorkflowCode({
    workflowsPath: join(dist, 'workflows', 'index.js'),
    failureConverterPath: join(dist, 'workflows', 'failure-converter.js'),
    workflowInterceptorModules: [join(dist, 'workflows', 'correlation.js')],
    preloadModules: [join(dist, 'workflows', 'shared-schemas.js')],
    logger: new DefaultLogger('WARN'),
  });
  await writeWhole(join(dist, workflowBundle.code), code);
  const sha256 = createHash('sha256').update(code).digest('hex');
  await writeWhole(
    join(dist, workflowBundle.record),
    `${JSON.stringify({sdkVersion, sha256, sources}, undefined, 2)}\n`,
  );
  return `${Math.round(code.length / 1024)} KiB for SDK ${sdkVersion}`;
}

async function isCurrent(dist: string, sdkVersion: string, sources: string): Promise<boolean> {
  try {
    const record: unknown = JSON.parse(await readFile(join(dist, workflowBundle.record), 'utf8'));
    const code = await readFile(join(dist, workflowBundle.code));
    const expected = {sdkVersion, sha256: createHash('sha256').update(code).digest('hex'), sources};
    return JSON.stringify(record) === JSON.stringify(expected);
  } catch {
    return false;
  }
}

/** Over the only folders that workflow code may import. */
async function hashOfModules(dist: string): Promise<string> {
  const hash = createHash('sha256');
  for (const directory of ['workflows', join('src', 'contracts')]) {
    const names = await readdir(join(dist, directory), {recursive: true});
    for (const name of names.filter((file) => file.endsWith('.js')).sort()) {
      hash.update(`${directory}/${name}\0`).update(await readFile(join(dist, directory, name)));
    }
  }
  return hash.digest('hex');
}

function installedSdkVersion(root: string): string {
  const found: unknown = createRequire(join(root, 'package.json'))('@temporalio/worker/package.json');
  if (typeof found === 'object' && found !== null && 'version' in found && typeof found.version === 'string') {
    return found.version;
  }
  throw new Error('@temporalio/worker is not installed: run `npm ci`');
}
