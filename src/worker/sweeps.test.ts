import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {pino} from 'pino';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {configuration} from '../config/schema.js';
import {until} from '../../test/until.js';
import {SweepRecord, type SweptPlace} from './sweep-record.js';
import {Sweeps, type SweepsOptions} from './sweeps.js';
import {openTargetRegistry} from './target-registry.js';

let directory: string;
let swept: SweptPlace[];
const open: Sweeps[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-sweeps-'));
  swept = [];
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((sweeps) => sweeps.close()));
  await rm(directory, {recursive: true});
});

function start(options: Partial<SweepsOptions> = {}): Sweeps {
  const sweeps = new Sweeps({
    record: record(),
    targets: ['first', 'local', 'other'],
    atHand: ['first', 'local'],
    log: pino({level: 'silent'}),
    delayMs: 10,
    sweep: async (place) => void swept.push(place),
    ...options,
  });
  open.push(sweeps);
  return sweeps;
}

function record(): SweepRecord {
  return new SweepRecord(join(directory, 'sweeps.json'));
}

function registry() {
  const target = (name: string) => ({kind: 'local' as const, workspaceRoot: join(directory, name)});
  return openTargetRegistry(
    configuration.parse({
      stateDirectory: directory,
      store: {kind: 'local', path: join(directory, 'store')},
      targets: {local: target('local'), other: target('other')},
    }),
    {},
  );
}

it('sweeps the targets at hand soon after the start, each once a day, and what transfers left at each start', async () => {
  start();
  await until('all are swept', async () => swept.length === 3);
  expect(swept).toEqual(['transfers', 'target:first', 'target:local']);
  await open.pop()?.close();
  start();
  await delay(100);
  expect(swept.slice(3)).toEqual(['transfers']);
});

it('sweeps again a day later', async () => {
  record().note('target:first', Date.now() - 86_400_000);
  record().note('target:local', Date.now() - 86_300_000);
  start();
  await until('the first is swept', async () => swept.includes('target:first'));
  await delay(50);
  expect(swept).toEqual(['transfers', 'target:first']);
});

it('sweeps a target when it is first used, and after a restart without its being used', async () => {
  const targets = start().watching(registry());
  await until('what is at hand is swept', async () => swept.includes('target:local'));
  await targets.connect('other');
  await until('the target is swept', async () => swept.includes('target:other'));
  await open.pop()?.close();
  swept = [];
  record().note('target:other', 1);
  start();
  await until('the target is swept', async () => swept.includes('target:other'));
});

it('goes on after a failure, and tries that place again', async () => {
  const failing = async (place: SweptPlace) => {
    swept.push(place);
    if (place === 'target:first') throw new Error('the disk is gone');
  };
  start({sweep: failing});
  await until('all are tried', async () => swept.includes('target:local'));
  await open.pop()?.close();
  swept = [];
  start({sweep: failing});
  await until('the first is tried again', async () => swept.includes('target:first'));
  expect(swept).toEqual(['transfers', 'target:first']);
});

it('ends a sweep that is under way when the worker stops', async () => {
  let ended = false;
  const sweeps = start({
    sweep: async (_, signal) => {
      swept.push('target:first');
      await delay(60_000, undefined, {signal}).finally(() => (ended = true));
    },
  });
  await until('the sweep has begun', async () => swept.length === 1);
  await sweeps.close();
  expect(ended).toBe(true);
  expect(swept).toHaveLength(1);
});
