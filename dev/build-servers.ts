import {buildGoTool, cachedTool, type GoToolName, goTools} from '../src/embedded/go-tools.js';

// node dev/run-typescript.mjs dev/build-servers.ts [NAME…]     without a name: every tool that is not in the cache
function isTool(name: string): name is GoToolName {
  return name in goTools;
}

const names = process.argv.slice(2);
const unknown = names.filter((name) => !isTool(name));
if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; known: ${Object.keys(goTools).join(', ')}`);

for (const name of (names.length === 0 ? Object.keys(goTools) : names).filter(isTool)) {
  const found = await cachedTool(name, process.env);
  if (found !== undefined) {
    console.log(`${name}: ${found}`);
    continue;
  }
  await buildGoTool(name, {
    environment: process.env,
    onEvent(event) {
      switch (event.event) {
        case 'building': {
          console.log(`${name}: building from pinned sources, up to ${event.minutes} min on two cores`);
          return;
        }
        case 'waiting-for-build': {
          console.log(`${name}: another process builds it, waiting`);
          return;
        }
        case 'still-building': {
          console.log(`${name}: still building after ${event.seconds} s`);
          return;
        }
        case 'built': {
          console.log(`${name}: ${event.path}, built in ${event.seconds} s`);
          return;
        }
      }
    },
  });
}
