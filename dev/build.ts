// Makes dist/: the compiled modules, the workflow bundle and the bundled command line. Runs side by side wait for each
// other, and what has not changed is left as it is.
import {join} from 'node:path';
import {waitForFileLock} from '../src/lock/file-lock.js';
import {bundleCommandLine} from './build/command-line.js';
import {compile} from './build/compile.js';
import {bundleWorkflows} from './build/workflows.js';

const root = process.cwd();
const lock = await waitForFileLock(join(root, 'node_modules', '.cache', 'waybill-build.lock'), {
  onWait: () => console.log('another build runs: waiting for it'),
});
try {
  await step('modules', async () => {
    const {typesHold, modules, removed} = await compile(root);
    // Whoever mends a type goes on with the rest of the build meanwhile; the build is red all the same.
    if (!typesHold) process.exitCode = 1;
    return `${modules} ${typesHold ? 'current' : 'with type errors'}, ${removed} stale removed`;
  });
  await step('workflow bundle', () => bundleWorkflows(root));
  await step('command line', () => bundleCommandLine(root));
} finally {
  await lock.release();
}

async function step(name: string, work: () => Promise<string>): Promise<void> {
  const start = performance.now();
  const done = await work();
  console.log(`${name}: ${done} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}
