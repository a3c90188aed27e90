import {mkdtemp, readFile, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {type AuditRecord, AuditTrail} from './audit-trail.js';
import {createLog} from './log.js';

const record: AuditRecord = {
  ...{correlationId: 'order-1', run: 'copy-1', requestedBy: 'ann@desk', operation: 'copy', attempt: 1},
  ...{source: 'disk:/from/a', destination: 'far:/to/a', outcome: 'copied', kind: 'file', verified: 'sha256'},
  ...{size: 3, sentBytes: 3, durationMs: 5, sha256: 'ab'},
};
let directory: string;
let lines: string[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-audit-'));
  lines = [];
});
afterEach(() => rm(directory, {recursive: true}));

const log = (level: 'info' | 'warn') => createLog(level, {write: (line) => void lines.push(line)});

const time: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);

it('says who moved what, in the log and in a private file that is added to', async () => {
  const path = join(directory, 'audit.ndjson');
  for (const run of ['copy-1', 'copy-2']) {
    const trail = new AuditTrail(log('info'), path);
    trail.write({...record, run});
    trail.close();
  }
  const written = (await readFile(path, 'utf8')).trimEnd().split('\n');
  expect(written.map((line): unknown => JSON.parse(line))).toEqual([
    {...record, time},
    {...record, run: 'copy-2', time},
  ]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({...record, msg: 'audit: file', level: 30});
});

it('is in its file also where the log leaves such lines out', async () => {
  const path = join(directory, 'audit.ndjson');
  const trail = new AuditTrail(log('warn'), path);
  trail.write(record);
  trail.close();
  expect(lines).toEqual([]);
  expect(await readFile(path, 'utf8')).toContain('"copy-1"');
});

it('is refused where its file cannot be written', () => {
  const path = join(directory, 'missing/audit.ndjson');
  expect(() => new AuditTrail(log('info'), path)).toThrow(expect.objectContaining({code: 'config.invalid', path}));
});
