import {join} from 'node:path';
import {WaybillError} from '../contracts/errors.js';
import {misspelt, unknownVariables} from '../contracts/variable-names.js';
import {defaultStateDirectory, type Environment, resolveLocalPath} from './directories.js';
import {environmentOverrides, type Override, variablesOf} from './environment.js';
import {type FieldPath, isRecord, leaves} from './fields.js';
import {type ConfigurationFile, readConfigurationFile} from './file.js';
import {problems} from './issues.js';
import {type Configuration, configuration} from './schema.js';
import {temporalProfile} from './temporal-profile.js';
import {valueAt, withValue} from './tree.js';

export type ValueSource =
  | {readonly from: 'default'}
  | {readonly from: 'file'; readonly file: string; readonly line: number}
  | {readonly from: 'environment'; readonly variable: string}
  | {readonly from: 'profile'};

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** The file that was read, absolute; undefined where there is none. */
  readonly file: string | undefined;
  readonly sourceOf: (path: FieldPath) => ValueSource;
  /** Variables `WAYBILL_…` that nothing reads, and that resemble none that is read. */
  readonly unknownVariables: readonly string[];
}

export interface LoadOptions {
  /** Where the search for `waybill.yaml` begins. Default: the current directory. */
  readonly directory?: string;
  /** Default: the environment of this process. */
  readonly environment?: Environment;
}

/**
 * Reads `waybill.yaml` and the environment. Of two values for one field the environment's wins, then the file's, then
 * that of Temporal's own profile file, then the default. Rejects with `config.invalid`, whose message has a line for
 * each problem; a variable `WAYBILL_…` that is a slip of one that is read is one.
 */
export async function loadConfiguration(options: LoadOptions = {}): Promise<LoadedConfiguration> {
  const directory = options.directory ?? process.cwd();
  const environment = options.environment ?? process.env;
  const file = await readConfigurationFile(directory, environment);
  return resolveConfiguration(file, environment, directory);
}

export function resolveConfiguration(
  file: ConfigurationFile | undefined,
  environment: Environment,
  directory: string,
): LoadedConfiguration {
  const written = file?.data ?? {};
  const {data: overridden, overrides} = override(written, environment);
  const profile = temporalProfile(environment);
  const sourceOf = (path: FieldPath): ValueSource => {
    const found = overrides.find((entry) => isWithin(path, entry.path));
    if (found !== undefined) return {from: 'environment', variable: found.variable};
    if (file !== undefined && valueAt(written, path) !== undefined)
      return {from: 'file', file: file.path, line: file.lineOf(path)};
    if (path[0] === 'temporal' && valueAt(profile, path.slice(1)) !== undefined) return {from: 'profile'};
    return {from: 'default'};
  };

  const parsed = configuration.safeParse(fillIn(overridden, profile, environment));
  const found = parsed.success ? [] : [...problems(parsed.error.issues, overridden)];
  found.push(...takenNames(overridden));
  const unknown = unknownVariables(environment, variablesOf(overridden));
  const slips = misspelt(unknown);
  if (!parsed.success || found.length + slips.length > 0) throw invalid(found, slips, file, sourceOf);

  let resolved: unknown = parsed.data;
  for (const {path, field, value} of leaves(parsed.data)) {
    if (field.localPath !== true || typeof value !== 'string') continue;
    const from = sourceOf(path).from === 'file' && file !== undefined ? join(file.path, '..') : directory;
    resolved = withValue(resolved, path, resolveLocalPath(value, from, environment));
  }
  return {
    ...{configuration: configuration.parse(resolved), file: file?.path, sourceOf},
    unknownVariables: unknown.map(({variable}) => variable),
  };
}

/** A `kind` that the environment sets decides which other fields there are: it is applied first. */
function override(written: unknown, environment: Environment): {data: unknown; overrides: readonly Override[]} {
  const apply = (data: unknown, list: readonly Override[]) =>
    list.reduce((result, {path, value}) => withValue(result, path, value), data);
  const base = withKinds(written, environment);
  const overrides = environmentOverrides(base, environment);
  return {data: apply(base, overrides), overrides};
}

function withKinds(written: unknown, environment: Environment): unknown {
  let data = written;
  for (const [section, fallback] of [
    ['store', 'local'],
    ['catalog', 'embedded'],
  ] as const) {
    const kind = environment[`WAYBILL_${section.toUpperCase()}_KIND`];
    if (kind !== undefined && kind !== '') data = withValue(data, [section, 'kind'], kind);
    else if (valueAt(data, [section]) === undefined) data = withValue(data, [section], {kind: fallback});
  }
  if (valueAt(data, ['targets', 'local']) === undefined) data = withValue(data, ['targets', 'local'], {kind: 'local'});
  return data;
}

/** Adds the defaults that depend on the host and on other fields. */
function fillIn(data: unknown, profile: unknown, environment: Environment): unknown {
  const given = valueAt(data, ['stateDirectory']);
  const stateDirectory = typeof given === 'string' ? given : defaultStateDirectory(environment);
  const defaults: [readonly string[], unknown][] = [
    [['stateDirectory'], stateDirectory],
    [['temporal', 'address'], valueAt(profile, ['address'])],
    [['temporal', 'namespace'], valueAt(profile, ['namespace'])],
  ];
  if (valueAt(data, ['store', 'kind']) === 'local') defaults.push([['store', 'path'], join(stateDirectory, 'store')]);
  const targets = valueAt(data, ['targets']);
  for (const [name, target] of Object.entries(isRecord(targets) ? targets : {})) {
    if (valueAt(target, ['kind']) === 'local') {
      defaults.push([['targets', name, 'workspaceRoot'], join(stateDirectory, 'workspaces')]);
    }
  }
  return defaults.reduce<unknown>(
    (result, [path, value]) =>
      value === undefined || valueAt(result, path) !== undefined ? result : withValue(result, path, value),
    data,
  );
}

/** Locations name targets, stores and the default store alike: a name that two of them have says nothing. */
function* takenNames(data: unknown): Generator<{readonly path: FieldPath; readonly sentence: string}> {
  for (const section of ['targets', 'stores']) {
    if (valueAt(data, [section, 'store']) === undefined) continue;
    yield {path: [section, 'store'], sentence: '`store` is the name of the default store: choose another'};
  }
  const stores = valueAt(data, ['stores']);
  for (const name of Object.keys(isRecord(stores) ? stores : {})) {
    if (valueAt(data, ['targets', name]) === undefined) continue;
    yield {path: ['stores', name], sentence: `\`${name}\` is the name of a target: choose another`};
  }
}

function invalid(
  found: readonly {readonly path: FieldPath; readonly sentence: string}[],
  slips: readonly string[],
  file: ConfigurationFile | undefined,
  sourceOf: (path: FieldPath) => ValueSource,
): WaybillError {
  const lines = found.map(({path, sentence}) => {
    const source = sourceOf(path);
    const place =
      source.from === 'environment'
        ? `environment variable ${source.variable}`
        : file === undefined
          ? 'configuration'
          : `${file.path}:${file.lineOf(path)}`;
    return `${place}: ${path.join('.') || 'the file'}: ${sentence}`;
  });
  return new WaybillError(
    'config.invalid',
    [...lines, ...slips].join('\n'),
    file === undefined ? {} : {path: file.path},
  );
}

function isWithin(path: FieldPath, outer: FieldPath): boolean {
  return outer.every((step, index) => path[index] === step);
}
