import {access, mkdir, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {cacheDirectory} from '../../src/config/directories.js';
import {run} from '../lab.js';
import {type PeerName, type PeerProgram, peers} from './programs.js';

/**
 * Installs a peer into the cache, once, and answers with the command that starts it: its own arguments follow. Wants Go,
 * or Python with pip, of this machine.
 */
export async function installPeer(name: PeerName): Promise<readonly string[]> {
  const program: PeerProgram = peers[name];
  const directory = join(cacheDirectory(process.env), 'peers', `${name}-${program.version}`);
  const isThere = await access(directory).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    console.log(`Installing ${name} ${program.version}; takes up to ${program.minutes} min, once.`);
    const unfinished = `${directory}.unfinished`;
    await rm(unfinished, {recursive: true, force: true});
    await mkdir(unfinished, {recursive: true});
    await (program.by === 'go' ? goInstall : pipInstall)(program, unfinished);
    await rename(unfinished, directory);
  }
  return program.command.map((word) => word.replace('DIR', directory));
}

async function goInstall({package: name, version}: PeerProgram, directory: string): Promise<void> {
  const environment = {...process.env, GOBIN: directory, GOFLAGS: '', CGO_ENABLED: '0'};
  await run(['go', 'install', '-trimpath', '-ldflags=-s -w', `${name}@${version}`], {environment});
}

async function pipInstall({package: name, version}: PeerProgram, directory: string): Promise<void> {
  const quietly = ['--quiet', '--disable-pip-version-check', '--no-input'];
  await run(['python3', '-m', 'pip', 'install', ...quietly, '--target', directory, `${name}==${version}`]);
}
