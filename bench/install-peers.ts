import {installPeer} from './peers/install.js';
import {isPeerName, peers} from './peers/programs.js';

// node dev/run-typescript.mjs bench/install-peers.ts [NAME…]     without a name: every peer that is not in the cache
const names = process.argv.slice(2);
const unknown = names.filter((name) => !isPeerName(name));
if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; known: ${Object.keys(peers).join(', ')}`);

for (const name of (names.length === 0 ? Object.keys(peers) : names).filter(isPeerName)) {
  console.log(`${name}: ${(await installPeer(name)).join(' ')}`);
}
