// Installs the Debian packages that the tests need and that are missing:
//   node dev/install-packages.mjs
import {spawnSync} from 'node:child_process';

/** Package and the program that shows that it is there. */
const wanted = {
  'openssh-server': '/usr/sbin/sshd',
  'openssh-client': 'ssh',
  'openssh-sftp-server': '/usr/lib/openssh/sftp-server',
  'dropbear-bin': 'dropbear',
  rsync: 'rsync',
  fish: 'fish',
  tcsh: 'tcsh',
  csh: 'csh',
  dash: 'dash',
};

const missing = Object.entries(wanted)
  .filter(([, program]) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status !== 0)
  .map(([name]) => name);

if (missing.length === 0) {
  console.log('every package is there');
} else if (spawnSync('sh', ['-c', 'command -v apt-get']).status !== 0) {
  fail(`this machine has no apt-get: install the counterparts of ${missing.join(' ')} by its own means`);
} else if (process.getuid?.() !== 0) {
  fail(`not root: run  sudo apt-get install -y --no-install-recommends ${missing.join(' ')}`);
} else {
  console.log(`installing ${missing.join(' ')}`);
  apt('update', '-qq');
  apt('install', '-y', '-qq', '--no-install-recommends', ...missing);
}

/** @param {string[]} args */
function apt(...args) {
  const {status} = spawnSync('apt-get', args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    // A package that starts its server would take port 22, which the tests do not use.
    env: {...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1'},
  });
  if (status !== 0) fail(`apt-get ${args[0]} ended with ${status}`);
}

/** @param {string} message */
function fail(message) {
  console.error(message);
  process.exit(1);
}
