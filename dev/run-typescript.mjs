// Runs a TypeScript file with the Node of the package's lowest version, before anything was built:
//   node dev/run-typescript.mjs FILE [ARG…]
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {build} from 'esbuild';

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) throw new Error('usage: node dev/run-typescript.mjs FILE [ARG…]');
const cache = resolve(import.meta.dirname, '..', 'node_modules', '.cache');
mkdirSync(cache, {recursive: true});
// Below node_modules, so that the packages of this checkout are found; its own directory, so that runs do not meet.
const directory = mkdtempSync(join(cache, 'waybill-'));
try {
  const outfile = join(directory, 'script.mjs');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  // A terminal sends it to the program as well, which ends in its own time.
  process.on('SIGINT', () => undefined);
  const {status, signal} = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...args], {stdio: 'inherit'});
  process.exitCode = signal === null ? (status ?? 1) : 1;
} finally {
  rmSync(directory, {recursive: true, force: true});
}
