import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {openLocalStore} from '../src/stores/local/store.js';
import type {MovedOutcome} from '../src/transfer/file-outcome.js';
import {manifestOf} from '../src/transfer/journal-page.js';
import {artifactRows} from './artifact-rows.js';
import {writeManifest} from './moves/manifest.js';

const ref = {executionId: 'run-1', generation: 1};
const totals = {files: 1, bytes: 500, sentBytes: 500, resumedBytes: 0, failedFiles: 0};
const file = {name: 'a.csv', kind: 'file', size: 500, mode: 0o640, modifiedAt: 1} as const;
const stored = {name: 'a.csv.gz', size: 50, compression: 'gzip'} as const;
const outcome: MovedOutcome = {
  ...{outcome: 'copied', name: 'a.csv', kind: 'file', size: 500, sha256: 'a'.repeat(64), verified: 'sha256'},
  ...{sentBytes: 500, resumedBytes: 0, resentBytes: 0, durationMs: 1},
};

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-rows-'));
});
afterEach(() => rm(root, {recursive: true}));

test.each([
  ['an output', 'collect', manifestOf([file], [{...outcome, stored}]), 'outputs'],
  ['an input', 'stage', manifestOf([{...file, source: stored.name, stored}], [outcome]), 'inputs'],
] as const)('%s that lies compressed has its key there and both sizes', async (_, direction, lines, directory) => {
  const store = openLocalStore({name: 'store', root});
  await writeManifest(store, {...ref, direction}, lines, new AbortController().signal);
  const kinds = new Map(await artifactRows(store, ref, {staged: totals, collected: totals}, {}));
  expect(kinds.get(direction === 'stage' ? 'input' : 'output')).toMatchObject([
    {
      ...{name: 'a.csv', key: `executions/run-1/${directory}/a.csv.gz`, sha256: outcome.sha256},
      ...{size: 500, storedSize: 50, compression: 'gzip'},
    },
  ]);
});
