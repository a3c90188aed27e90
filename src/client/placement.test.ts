import {mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises';
import {createHash} from 'node:crypto';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import type {Artifact} from '../contracts/artifacts.js';
import {place} from './placement.js';

let into: string;
beforeEach(async () => {
  into = await mkdtemp(join(tmpdir(), 'waybill-placement-'));
});
afterEach(() => rm(into, {recursive: true, force: true}));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const date = '2026-01-01T00:00:00.000Z';

function output(name: string, content: string, more: Partial<Artifact> = {}): Artifact {
  return {
    id: 'artifact_1',
    executionId: 'job',
    kind: 'output',
    name,
    key: `executions/job/outputs/${name}`,
    type: 'file',
    size: content.length,
    sha256: sha256(content),
    contentType: 'text/plain',
    mode: 0o644,
    modifiedAt: date,
    createdAt: date,
    expiresAt: date,
    ...more,
  };
}

const rules = (more: {overwrite?: boolean; inputs?: ReadonlyMap<string, string>} = {}) => ({
  into,
  executionId: 'job',
  overwrite: false,
  inputs: new Map<string, string>(),
  given: new Set<string>(),
  ...more,
});

describe('an output whose local name', () => {
  it('is free takes it', async () => {
    expect(await place(output('a', 'new'), rules())).toMatchObject({place: 'new', name: 'a'});
  });

  it('holds the same content is left alone', async () => {
    await writeFile(join(into, 'a'), 'same');
    expect(await place(output('a', 'same'), rules())).toMatchObject({place: 'unchanged'});
  });

  it('holds what the run was given replaces it', async () => {
    await writeFile(join(into, 'a'), 'input');
    const inputs = new Map([['a', sha256('input')]]);
    expect(await place(output('a', 'new'), rules({inputs}))).toMatchObject({place: 'replace', name: 'a'});
  });

  it('holds an input that was edited since is saved beside', async () => {
    await writeFile(join(into, 'a'), 'edited');
    const inputs = new Map([['a', sha256('input')]]);
    expect(await place(output('a', 'new'), rules({inputs}))).toMatchObject({place: 'beside', name: 'a.job'});
  });

  it('is asked to overwrite replaces it', async () => {
    await writeFile(join(into, 'a'), 'mine');
    expect(await place(output('a', 'new'), rules({overwrite: true}))).toMatchObject({place: 'replace'});
  });

  it('has a copy beside that somebody has edited takes the next name', async () => {
    await writeFile(join(into, 'a'), 'mine');
    await writeFile(join(into, 'a.job'), 'edited copy');
    expect(await place(output('a', 'new'), rules())).toMatchObject({place: 'beside', name: 'a.job.2'});
  });

  it('is as long as names may be is shortened to fit', async () => {
    const name = `${'ü'.repeat(127)}x`;
    await writeFile(join(into, name), 'mine');
    const placed = await place(output(name, 'new'), rules());
    expect(placed.place).toBe('beside');
    expect(Buffer.byteLength(placed.name)).toBeLessThanOrEqual(255);
    expect(placed.name.endsWith('.job')).toBe(true);
  });

  it('is given to another output in the same download takes the next name', async () => {
    const [one, two] = [`${'ü'.repeat(127)}1`, `${'ü'.repeat(127)}2`];
    for (const name of [one, two, 'a']) await writeFile(join(into, name), 'mine');
    const download = rules();
    const names: string[] = [];
    for (const name of [one, two, 'a', 'a.job']) names.push((await place(output(name, name), download)).name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.slice(2)).toEqual(['a.job', 'a.job.job']);
  });

  it('is the same link, or a directory, is left alone', async () => {
    await symlink('target', join(into, 'l'));
    await mkdir(join(into, 'd'));
    const link = output('l', '', {type: 'link', linkTarget: 'target'});
    expect(await place(link, rules())).toMatchObject({place: 'unchanged'});
    expect(await place({...link, linkTarget: 'other'}, rules())).toMatchObject({place: 'beside', name: 'l.job'});
    expect(await place(output('d', '', {type: 'directory'}), rules())).toMatchObject({place: 'unchanged'});
  });
});
