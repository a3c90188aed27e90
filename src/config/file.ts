import {readFile} from 'node:fs/promises';
import {dirname, join, resolve} from 'node:path';
import {isMap, isScalar, LineCounter, parseDocument, type Document} from 'yaml';
import {WaybillError} from '../contracts/errors.js';
import type {Environment} from './directories.js';
import type {FieldPath} from './fields.js';

export interface ConfigurationFile {
  readonly path: string;
  readonly data: unknown;
  /** The line, from 1, that holds the key at `path`, or the nearest key above it that the file has. */
  lineOf(path: FieldPath): number;
}

/**
 * Reads the file that `WAYBILL_CONFIG` names, or the nearest `waybill.yaml` from `directory` upwards. Undefined where
 * there is none; a file that is named and missing is `config.invalid`.
 */
export async function readConfigurationFile(
  directory: string,
  environment: Environment,
): Promise<ConfigurationFile | undefined> {
  const named = environment['WAYBILL_CONFIG'];
  if (named !== undefined && named !== '') {
    const path = resolve(directory, named);
    const text = await readIfPresent(path);
    if (text === undefined) {
      throw new WaybillError('config.invalid', `WAYBILL_CONFIG names ${path}, which does not exist`, {path});
    }
    return parseConfigurationFile(path, text);
  }
  for (let current = resolve(directory); ; current = dirname(current)) {
    const path = join(current, 'waybill.yaml');
    const text = await readIfPresent(path);
    if (text !== undefined) return parseConfigurationFile(path, text);
    if (dirname(current) === current) return undefined;
  }
}

export function parseConfigurationFile(path: string, text: string): ConfigurationFile {
  const lines = new LineCounter();
  const document = parseDocument(text, {lineCounter: lines});
  const [problem] = document.errors;
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line ?? 1;
    const [sentence] = problem.message.split(' at line ');
    throw new WaybillError('config.invalid', `${path}:${line}: ${sentence ?? problem.code}`, {path, cause: problem});
  }
  const data: unknown = document.toJS() ?? {};
  return {path, data, lineOf: (fieldPath) => lineOf(document, lines, fieldPath)};
}

function lineOf(document: Document.Parsed, lines: LineCounter, path: FieldPath): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of path) {
    if (!isMap(node)) break;
    const pair = node.items.find(({key}) => isScalar(key) && String(key.value) === String(step));
    if (pair === undefined) break;
    if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
    node = pair.value;
  }
  return lines.linePos(offset).line;
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw new WaybillError('config.invalid', `cannot read ${path}: ${String(error)}`, {path, cause: error});
  }
}
