import {createHash} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {z} from 'zod';
import {WaybillError} from '../contracts/errors.js';

/** File names in dist/, as `npm run build` writes them. */
export const workflowBundle = {code: 'workflow-bundle.js', record: 'workflow-bundle.json'} as const;

/** `sources` is the build's own: from what the bundle was made. */
const bundleRecord = z.object({sdkVersion: z.string(), sha256: z.string()});

/** The SDK that this process runs. Workflow code and worker have to come from the same one: replay depends on both. */
export function installedSdkVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('@temporalio/worker/package.json');
  return z.object({version: z.string()}).parse(manifest).version;
}

/**
 * The prebuilt workflow code, for the worker option `workflowBundle`. Throws `worker.bundle-mismatch` where it is
 * missing, was changed after it was built, or was built with another SDK version.
 *
 * @param directory where the bundle lies. Default: this package's own.
 */
export async function loadWorkflowBundle(
  directory = builtDirectory(),
  sdkVersion = installedSdkVersion(),
): Promise<{readonly code: string}> {
  const path = join(directory, workflowBundle.code);
  const [code, record] = await Promise.all([readBuilt(path), readRecord(join(directory, workflowBundle.record))]);
  if (record.sdkVersion !== sdkVersion) {
    throw new WaybillError('worker.bundle-mismatch', 'the workflow bundle was built with another Temporal SDK', {
      path,
      expected: sdkVersion,
      found: record.sdkVersion,
    });
  }
  const sha256 = createHash('sha256').update(code).digest('hex');
  if (sha256 !== record.sha256) {
    throw new WaybillError('worker.bundle-mismatch', 'the workflow bundle is not the one that was built', {
      path,
      expected: record.sha256,
      found: sha256,
    });
  }
  return {code};
}

/** The same code, whose workflows fail with messages that a codec encodes: see workflows/failure-converter.ts. */
export function withEncodedFailures({code}: {readonly code: string}): {readonly code: string} {
  return {code: code.replaceAll('@waybill/failures:readable', '@waybill/failures:encoded')};
}

async function readRecord(path: string): Promise<z.infer<typeof bundleRecord>> {
  try {
    return bundleRecord.parse(JSON.parse(await readBuilt(path)));
  } catch (cause) {
    if (cause instanceof WaybillError) throw cause;
    throw new WaybillError('worker.bundle-mismatch', 'the record beside the workflow bundle cannot be read', {
      path,
      cause,
    });
  }
}

async function readBuilt(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new WaybillError('worker.bundle-mismatch', 'the workflow bundle is missing', {path, cause});
  });
}

/** dist/, from this module compiled (dist/src/worker) and from its source (src/worker). */
function builtDirectory(): string {
  const above = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  return above.endsWith('dist') ? above : join(above, 'dist');
}
