import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {z} from 'zod';

const lock = z
  .object({
    packages: z.record(z.string(), z.object({optionalDependencies: z.record(z.string(), z.string()).optional()})),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8')));

describe('package-lock.json', () => {
  // A registry that does not serve the binaries of other platforms makes `npm install` leave them out, silently, and
  // `npm ci` then refuses the file.
  it('names the optional packages of every platform', () => {
    const locked = new Set(Object.keys(lock.packages).map((path) => path.split('node_modules/').at(-1)));
    const wanted = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(wanted.filter((name) => !locked.has(name))).toEqual([]);
  });
});
