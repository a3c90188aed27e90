import {expect, test} from 'vitest';
import {resolveConfiguration} from '../config/load.js';
import {openTargetRegistry} from './target-registry.js';

test('a name that every object has is no target', async () => {
  const {configuration} = resolveConfiguration(undefined, {HOME: '/nowhere'}, '/');
  const registry = openTargetRegistry(configuration, {});
  for (const name of ['constructor', 'toString', 'other']) {
    const unknown = expect.objectContaining({code: 'target.unknown'}) as Error;
    expect(() => registry.requireAllowed(`${name}:/x`)).toThrow(unknown);
    expect(() => registry.settings(name)).toThrow(unknown);
  }
  expect(registry.settings('local').kind).toBe('local');
  await registry.close();
});
