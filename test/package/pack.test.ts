import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {z} from 'zod';

const run = promisify(execFile);
const root = process.cwd();
const packed = z.array(z.object({filename: z.string(), files: z.array(z.object({path: z.string()}))})).length(1);
const manifest = z.object({version: z.string(), exports: z.record(z.string(), z.unknown())});

let consumer: string;
let contents: readonly string[];
let subpaths: readonly string[];
let version: string;

beforeAll(async () => {
  const parsed = manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  version = parsed.version;
  subpaths = Object.keys(parsed.exports).filter((path) => !path.endsWith('.json'));
  consumer = await mkdtemp(join(tmpdir(), 'waybill-consumer-'));
  // Built already: the set-up of these tests does it.
  const {stdout} = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', consumer], {
    cwd: root,
    maxBuffer: 2 ** 26,
  });
  const [tarball] = packed.parse(JSON.parse(stdout));
  contents = tarball?.files.map(({path}) => path) ?? [];
  await writeFile(join(consumer, 'package.json'), '{"private": true, "type": "module"}\n');
  const file = join(consumer, tarball?.filename ?? '');
  // The scripts of its dependencies, which compile for half a minute, have run for this checkout.
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', file], {
    cwd: consumer,
    maxBuffer: 2 ** 26,
  });
}, 300_000);
afterAll(() => rm(consumer, {recursive: true, force: true}));

describe('the packed package, installed elsewhere', () => {
  it('holds what runs and nothing of the tests', () => {
    expect(contents).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'bin/waybill.cjs',
        'dev/temporal/go.mod',
        'dist/src/cli/waybill.cjs',
        'dist/src/worker/operator.cjs',
        'dist/workflow-bundle.js',
        'dist/workflow-bundle.json',
        'docs/schemas/execution-input.json',
      ]),
    );
    expect(contents.filter((path) => /\.test\.|^dist\/\.|^(?:test|bench|src)\//.test(path))).toEqual([]);
  });

  it('has a command that prints its help and its version', async () => {
    const command = join(consumer, 'node_modules/.bin/waybill');
    expect((await run(command, ['--help'], {cwd: consumer})).stdout).toContain('waybill [options]');
    expect((await run(command, ['--version'], {cwd: consumer})).stdout.trim()).toBe(version);
  });

  it('runs an operator command, which the bundled command line leaves out', async () => {
    const command = join(consumer, 'node_modules/.bin/waybill');
    expect((await run(command, ['config'], {cwd: consumer})).stdout).toContain('local');
  });

  it('exports every subpath', async () => {
    // The contract suite registers tests: it can be imported by a test runner alone, and its types are checked below.
    const names = subpaths.filter((path) => path !== './stores/contract').map(asSpecifier);
    const script = `for (const name of ${JSON.stringify(names)}) {
      const found = Object.keys(await import(name));
      if (found.length === 0) throw new Error(name + ' exports nothing');
    }`;
    await run(process.execPath, ['--input-type=module', '--eval', script], {cwd: consumer});
  });

  it('exports the JSON Schemas', async () => {
    const script = `import {createRequire} from 'node:module';
      console.log(createRequire(process.cwd() + '/x.js')('waybill/schemas/execution-input.json').title);`;
    const {stdout} = await run(process.execPath, ['--input-type=module', '--eval', script], {cwd: consumer});
    expect(stdout).toContain('execution');
  });

  it('has types that hold for a strict consumer', async () => {
    const imports = subpaths.map((path, index) => `import type * as part${index} from '${asSpecifier(path)}';`);
    const uses = subpaths.map((_, index) => `typeof part${index}`);
    await mkdir(join(consumer, 'src'));
    await writeFile(
      join(consumer, 'src/consumer.ts'),
      [...imports, `export type Parts = [${uses.join(', ')}];`, CONSUMER].join('\n'),
    );
    const compilerOptions = {
      module: 'NodeNext',
      target: 'ES2022',
      lib: ['ES2023', 'ESNext.Disposable'],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      noEmit: true,
      types: ['node'],
      // The consumer's own development packages.
      typeRoots: [join(root, 'node_modules/@types')],
      paths: {vitest: [join(root, 'node_modules/vitest/dist/index.d.ts')]},
    };
    await writeFile(join(consumer, 'tsconfig.json'), JSON.stringify({compilerOptions, include: ['src']}));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await expect(run(process.execPath, [tsc, '-p', '.'], {cwd: consumer})).resolves.toMatchObject({stdout: ''});
  });
});

const CONSUMER = `
import type {ExecutionRequest, ExecutionResult} from 'waybill/contracts';
export const request: ExecutionRequest = {command: ['true']};
// @ts-expect-error a command is required: the types are there, and not any
export const empty: ExecutionRequest = {};
export function succeeded(result: ExecutionResult): boolean {
  return result.outcome === 'succeeded';
}
`;

function asSpecifier(path: string): string {
  return `waybill${path.slice(1)}`;
}
