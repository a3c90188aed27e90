import {writeSync} from 'node:fs';
import {intercepted} from '../../stores/decorators/intercepted.js';
import {moveFile} from '../move-file.js';
import {plannedFile} from '../planned-file.js';
import {TwoStores} from './two-stores.js';

// A process for tests to kill: moves one file slowly, and prints how many bytes are acknowledged.
const [root = '', planned = ''] = process.argv.slice(2);
const stores = await TwoStores.create(root);
const to = intercepted(stores.to, async (call, proceed) => {
  if (call.method === 'partial.write') await new Promise((resolve) => setTimeout(resolve, 10));
  return proceed();
});
let sent = 0;
await moveFile(
  stores.options(plannedFile.parse(JSON.parse(planned)), {
    to,
    onProgress: (progress) => {
      sent += progress.bytes;
      // Not buffered: what was told is told when the process dies.
      writeSync(1, `${sent}\n`);
    },
  }),
);
