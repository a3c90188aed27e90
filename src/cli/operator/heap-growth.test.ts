import {execFileSync} from 'node:child_process';
import {buildSync} from 'esbuild';
import {expect, it} from 'vitest';

/** MiB at most of a heap through which 300 MiB go, of which 30 MiB are held at a time. */
function peak(before: string): number {
  const contents = `import {limitHeapGrowth} from './src/cli/operator/heap-growth.ts';
    ${before}
    const held = [];
    let most = 0;
    for (let turn = 0; turn < 300; turn++) {
      held[turn % 30] = Array.from({length: 16_384}, (_, index) => ({turn, index, more: index}));
      most = Math.max(most, process.memoryUsage().heapUsed);
    }
    console.log(Math.round(most / 1024 ** 2));`;
  const stdin = {contents, resolveDir: process.cwd(), loader: 'ts'} as const;
  const built = buildSync({stdin, bundle: true, format: 'esm', platform: 'node', write: false, logLevel: 'error'});
  const program = built.outputFiles[0]?.text ?? '';
  const environment = {...process.env, NODE_OPTIONS: '--max-old-space-size=4096'};
  const args = ['--input-type=module', '--eval', program];
  return Number(execFileSync(process.execPath, args, {encoding: 'utf8', env: environment}));
}

it('keeps a heap small that V8 would let grow', () => {
  const limited = peak('limitHeapGrowth();');
  expect(limited).toBeLessThan(100);
  expect(peak('void limitHeapGrowth;')).toBeGreaterThan(1.5 * limited);
});
