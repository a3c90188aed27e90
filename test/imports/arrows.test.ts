import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {z} from 'zod';

/** Each of these files breaks the rule beside it by importing what is named. */
const violations = [
  ['workflows-import-contracts-only', 'workflows/reads-files.ts', 'node:fs'],
  ['workflows-import-contracts-only', 'workflows/moves.ts', '../src/transfer/plan.js'],
  ['workflows-import-contracts-only', 'workflows/asks.ts', '@temporalio/client'],
  ['contracts-import-zod-only', 'src/contracts/hashes.ts', 'node:crypto'],
  ['contracts-import-zod-only', 'src/contracts/times.ts', '@temporalio/common'],
  ['engine-knows-no-temporal', 'src/transfer/heartbeats.ts', '@temporalio/activity'],
  ['engine-knows-no-temporal', 'src/hashing/heartbeats.ts', '@temporalio/activity'],
  ['engine-knows-no-callers', 'src/abort/waits.ts', '../client/client.js'],
  ['engine-knows-no-callers', 'src/execution/reports.ts', '../client/client.js'],
  ['engine-knows-no-callers', 'src/ssh/steps.ts', '../../activities/steps.js'],
  ['stores-know-no-transfer', 'src/stores/plans.ts', '../transfer/plan.js'],
  ['client-stays-a-client', 'src/client/configures.ts', '../config/load.js'],
  ['client-stays-a-client', 'src/client/works.ts', '@temporalio/worker'],
  ['client-commands-import-the-client-only', 'src/cli/commands/moves.ts', '../../transfer/plan.js'],
  ['client-commands-import-the-client-only', 'src/cli/connects.ts', '@temporalio/client'],
  ['operator-commands-start-from-one-place', 'src/cli/commands/works.ts', '../operator/worker.js'],
  ['activities-know-no-clients', 'activities/starts.ts', '../src/client/client.js'],
  ['no-cycles', 'src/ssh/turned.ts', './turns.js'],
  ['no-test-code', 'src/artifacts/tries.ts', 'vitest'],
  ['every-import-resolves', 'src/artifacts/loses.ts', './lost.js'],
] as const;

/** What the violations above need to exist. */
const others: Readonly<Record<string, string>> = {
  'activities/steps.ts': 'export const step = 1;\n',
  'src/client/client.ts': "import '../contracts/ids.js';\n",
  'src/cli/operator/worker.ts': "import '../../config/load.js';\nimport '@temporalio/worker';\n",
  'src/cli/operator.ts': "export const worker = () => import('./operator/worker.js');\n",
  'src/config/load.ts': 'export const load = 1;\n',
  'src/contracts/ids.ts': "import 'zod';\n",
  'src/ssh/turns.ts': "import './turned.js';\n",
  'src/transfer/plan.ts': "import '../stores/store.js';\nimport 'node:fs';\n",
  'src/stores/store.ts': 'export const store = 1;\n',
};

const report = z.object({
  summary: z.object({violations: z.array(z.object({from: z.string(), rule: z.object({name: z.string()})}))}),
});
const rules = z.object({forbidden: z.array(z.object({name: z.string()}))});

let directory: string;
let found: ReadonlySet<string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-arrows-'));
  for (const [, file, imported] of violations) await write(file, `import '${imported}';\n`);
  for (const [file, text] of Object.entries(others)) await write(file, text);
  found = await cruise();
});
afterAll(() => rm(directory, {recursive: true}));

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(directory, file)), {recursive: true});
  await writeFile(join(directory, file), text);
}

/** `rule file` of everything that the rules of this repository refuse in the fixture. */
async function cruise(): Promise<ReadonlySet<string>> {
  const root = process.cwd();
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const config = join(root, '.dependency-cruiser.cjs');
  const args = [program, '--config', config, '--output-type', 'json', 'src', 'workflows', 'activities'];
  const {stdout} = await promisify(execFile)(process.execPath, args, {cwd: directory, maxBuffer: 64 * 2 ** 20});
  return new Set(report.parse(JSON.parse(stdout)).summary.violations.map(({rule, from}) => `${rule.name} ${from}`));
}

describe('the import arrows', () => {
  it.each(violations)('%s refuses %s importing %s', (rule, file) => {
    expect(found).toContain(`${rule} ${file}`);
  });

  it('refuse nothing of what they allow', () => {
    const allowed = Object.keys(others).filter((file) => file !== 'src/ssh/turns.ts');
    const refused = [...found].filter((entry) => !entry.startsWith('every-import-resolves'));
    expect(refused.filter((entry) => allowed.some((file) => entry.endsWith(` ${file}`)))).toEqual([]);
  });

  it('have a violation here for every rule', async () => {
    const config: unknown = await import(join(process.cwd(), '.dependency-cruiser.cjs'));
    const {forbidden} = z.object({default: rules}).parse(config).default;
    const tried = new Set<string>(violations.map(([rule]) => rule));
    expect(forbidden.map(({name}) => name).filter((name) => !tried.has(name))).toEqual([]);
  });
});
