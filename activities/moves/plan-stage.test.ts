import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {encodeInputManifest} from '../../src/artifacts/input-manifest.js';
import {inputManifestKey} from '../../src/artifacts/keys.js';
import type {MoveRequest} from '../../src/contracts/activities.js';
import {openLocalStore} from '../../src/stores/local/store.js';
import {planStage} from './plan-stage.js';

const {signal} = new AbortController();
const nowhere = {location: () => Promise.reject(new Error('no location was asked for'))};
const request: MoveRequest = {
  ...{executionId: 'run-1', generation: 1, target: 'local', direction: 'stage', uploads: true},
  ...{locations: [], outputs: [], required: []},
};
const sent = {size: 500, sha256: 'a'.repeat(64), mode: 0o640, modifiedAt: 1};
const stored = (name: string) => ({name: `${name}.gz`, size: 50, compression: 'gzip' as const});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-plan-stage-'));
});
afterEach(() => rm(root, {recursive: true}));

test('an input that lies compressed is planned as it was, from where it lies, and one that is too large is refused, compressed or not', async () => {
  const store = openLocalStore({name: 'store', root});
  const inputs = [
    {...sent, name: 'plain'},
    {...sent, name: 'text', stored: stored('text')},
    {...sent, name: 'long', size: 501, stored: stored('long')},
    {...sent, name: 'long-plain', size: 501},
    {name: 'empty', kind: 'directory' as const, mode: 0o750, modifiedAt: 2},
  ];
  await store.putObject(inputManifestKey('run-1'), encodeInputManifest(inputs));
  const plan = (maxFileBytes: number) => {
    const tickets = {maxFileBytes, issue: () => Promise.reject(new Error('no ticket was asked for'))};
    return planStage({store, tickets, targets: nowhere}, request, signal);
  };
  const {segments, refused} = await plan(500);
  expect(segments).toEqual([
    {
      from: 'inputs',
      files: [
        {...sent, name: 'plain', kind: 'file'},
        {...sent, name: 'text', kind: 'file', source: 'text.gz', stored: stored('text')},
        {name: 'empty', kind: 'directory', size: 0, mode: 0o750, modifiedAt: 2},
      ],
    },
  ]);
  expect(refused).toMatchObject(['long', 'long-plain'].map((name) => ({name, refused: {code: 'ticket.refused'}})));
  expect((await plan(501)).refused).toEqual([]);
});
