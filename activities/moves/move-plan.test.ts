import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import type {MoveRequest} from '../../src/contracts/activities.js';
import {openLocalStore} from '../../src/stores/local/store.js';
import type {Store} from '../../src/stores/store.js';
import {keepPlan, type MovePlan, readPlan} from './move-plan.js';

const signal = new AbortController().signal;
const request: MoveRequest = {
  ...{executionId: 'e', generation: 1, target: 'local', direction: 'collect'},
  ...{uploads: false, locations: [], outputs: [], required: []},
};
let root: string;
let store: Store;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-plan-'));
  store = openLocalStore({name: 'default', root});
});
afterEach(() => rm(root, {recursive: true, force: true}));

function plan(...segments: readonly (readonly string[])[]): MovePlan {
  const file = (name: string) => ({name, kind: 'file' as const, size: 1, mode: 0o600, modifiedAt: 0});
  return {
    segments: segments.map((names) => ({from: 'work', files: names.map(file)})),
    refused: [{name: 'pipe', refused: {code: 'source.special-file', message: `beside ${segments[0]?.[0] ?? ''}`}}],
    missing: [],
    runId: 'r',
  };
}

it('of two planners at once the first to finish counts, whole', async () => {
  const first = plan(['a', 'b'], ['c']);
  expect(await keepPlan(store, request, first, {signal, replace: false})).toEqual(first);
  // It looked for a plan before there was one, and found one file less.
  const late = await keepPlan(store, request, plan(['b'], ['c']), {signal, replace: false});
  expect(late).toEqual(first);
  expect(await readPlan(store, request, signal)).toEqual(first);
});

it('a later run puts its own in the place of the earlier one', async () => {
  await keepPlan(store, request, plan(['a', 'b'], ['c']), {signal, replace: false});
  const second = plan(['b']);
  await keepPlan(store, request, second, {signal, replace: true});
  expect(await readPlan(store, request, signal)).toEqual(second);
});
