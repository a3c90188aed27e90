import {openSshChannel} from '../../src/channel/index.js';
import {resolveEndpoint, SshPool} from '../../src/ssh/index.js';

// Fetches what is new in a directory of another machine: node dev/run-typescript.mjs examples/channel/fetch-new.ts HOST DIRECTORY
const [host = 'localhost', directory = 'results', into = '.'] = process.argv.slice(2);
const {endpoint} = await resolveEndpoint({name: host, host});

await using pool = new SshPool(endpoint, {maxConnections: 2});
await using channel = openSshChannel({pool, root: '~/'});

if (await channel.isDirectory(directory)) {
  const {counts, failures} = await channel.download(`${directory}/`, into, {overwrite: 'different'});
  console.log(`${counts.copied} new, ${counts.skipped} known, ${failures.length} failed`);
} else console.log(`${host} has no directory ${directory}`);
