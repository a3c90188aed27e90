import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {makeClusterTemplate} from './servers/cluster-template.js';

/**
 * The system tests run what is shipped, the built package, on real servers: those that are missing are built or
 * installed first. Whatever cannot be had ends the run before any test. Answers with how to remove what it made for this run alone.
 */
export default async function setup(): Promise<() => Promise<void>> {
  await node('dev/install-packages.mjs');
  await node('dev/run-typescript.mjs', 'dev/build-servers.ts', 'temporal', 'toxiproxy', 'versitygw', 'minio');
  await node('dev/run-typescript.mjs', 'dev/build.ts');
  return await makeClusterTemplate();
}

async function node(...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [...args], {stdio: ['ignore', 'inherit', 'inherit']});
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`node ${args.join(' ')} failed: the system tests have nothing to run on`);
}
