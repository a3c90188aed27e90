import type {Environment} from './directories.js';
import {leaves} from './fields.js';
import type {LoadedConfiguration, ValueSource} from './load.js';

export interface EffectiveValue {
  /** Names from the top, joined by dots. */
  readonly path: string;
  /** Undefined where nothing is set and there is no default. */
  readonly value: unknown;
  readonly source: ValueSource;
  /** For a field that names environment variables: whether each is set. Their values are never shown. */
  readonly secrets?: Readonly<Record<string, 'set' | 'unset'>>;
}

/** Every value in force, in the order of the reference page. */
export function effectiveValues(
  loaded: LoadedConfiguration,
  environment: Environment = process.env,
): readonly EffectiveValue[] {
  return [...leaves(loaded.configuration)].map(({path, field, value}) => {
    const entry = {path: path.join('.'), value, source: loaded.sourceOf(path)};
    return field.environmentName === true ? {...entry, secrets: presence(value, environment)} : entry;
  });
}

function presence(value: unknown, environment: Environment): Readonly<Record<string, 'set' | 'unset'>> {
  const names = (Array.isArray(value) ? value : [value]).filter((name) => typeof name === 'string');
  return Object.fromEntries(names.map((name) => [name, (environment[name] ?? '') === '' ? 'unset' : 'set']));
}

/** `default`, `FILE:LINE`, or the name of the environment variable. */
export function describeSource(source: ValueSource): string {
  switch (source.from) {
    case 'default':
      return 'default';
    case 'file':
      return `${source.file}:${source.line}`;
    case 'environment':
      return source.variable;
    case 'profile':
      return 'profile of Temporal';
  }
}
