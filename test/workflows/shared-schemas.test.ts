import {readdir, readFile} from 'node:fs/promises';
import {expect, test} from 'vitest';

const CONTRACTS = 'src/contracts';
/** No workflow uses the first, and the second is frozen by the name of what it exports. */
const LEFT_OUT = ['json-schema.ts', 'schema-patterns.ts'];

test('every module of schemas is frozen before the SDK freezes what is in it', async () => {
  const shared = await readFile('workflows/shared-schemas.ts', 'utf8');
  const missing: string[] = [];
  for (const name of await readdir(CONTRACTS)) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts') || LEFT_OUT.includes(name)) continue;
    const holdsSchemas = (await readFile(`${CONTRACTS}/${name}`, 'utf8')).includes("from 'zod'");
    const imported = shared.includes(
      `import * as ${camelCase(name)} from '../src/contracts/${name.replace('.ts', '.js')}'`,
    );
    if (holdsSchemas && !imported) missing.push(name);
  }
  expect(missing).toEqual([]);
});

function camelCase(name: string): string {
  return name.replace('.ts', '').replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
