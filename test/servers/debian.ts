import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

const run = promisify(execFile);

/** Installs Debian packages that a test needs, and says so. Waits while another test file does the same. */
export async function installPackages(...names: readonly string[]): Promise<void> {
  console.log(`installing ${names.join(', ')} for the tests`);
  const options = ['-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
  const env = {...process.env, DEBIAN_FRONTEND: 'noninteractive'};
  try {
    await run('apt-get', ['install', ...options, ...names], {env});
  } catch {
    await run('apt-get', ['update', '-q', '-o', 'DPkg::Lock::Timeout=120'], {env});
    await run('apt-get', ['install', ...options, ...names], {env});
  }
}
