import {spawn} from 'node:child_process';
import {once} from 'node:events';

/** The system tests run what is shipped: the built package. A build that fails ends the run before any test. */
export default async function setup(): Promise<void> {
  const build = spawn('npm', ['run', '--silent', 'build'], {stdio: ['ignore', 'inherit', 'inherit']});
  await once(build, 'close');
  if (build.exitCode !== 0) throw new Error('`npm run build` failed: the system tests have nothing to run');
}
