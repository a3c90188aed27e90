import {WaybillError} from '../../contracts/errors.js';
import {basename} from 'node:path';
import {carriedName} from './carried-name.js';
import {below, type Examined, examine} from './examine.js';
import {globFiles} from './glob.js';
import {claimed, ownName, place, type Search} from './placement.js';
import {treeEntries} from './tree.js';

type Usable = Exclude<Examined, {readonly kind: 'unusable'}>;

/** Sends what one `--input PATH|GLOB[=NAME]` names. A path that exists is meant as it is, also with `=` or `*` in it. */
export async function gatherExplicit(search: Search, text: string): Promise<void> {
  if (text.includes('\0'))
    throw new WaybillError('name.not-carried', `${JSON.stringify(text)} holds a NUL.`, {path: text});
  const readings = readingsOf(text);
  for (const {path, name} of readings) {
    const found = path === '' ? undefined : await examine(below(search.cwd, path));
    if (found === undefined) continue;
    if (found.kind !== 'unusable') return send(search, found, path, name);
    if (found.reason !== 'missing') throw unusable(found, path);
  }
  for (const {path, name} of readings) {
    const files = path === '' ? [] : await globFiles(search, path);
    if (files.length === 0) continue;
    const [only, second] = files;
    if (name !== undefined && second !== undefined) {
      throw new WaybillError('input.invalid', `${path} matches ${files.length} files, and "${name}" is one name`, {
        path,
      });
    }
    if (name !== undefined && only !== undefined) claimed(search.names, wanted(name, only.path), only.path);
    else for (const file of files) place(search, await ownName(search, file.text), file.path, file.text);
    return;
  }
  throw new WaybillError('store.not-found', `There is no ${JSON.stringify(text)} to send.`, {path: text});
}

interface Reading {
  readonly path: string;
  readonly name?: string;
}

/** `a=b=c` is a path, or `a=b` under the name `c`, or `a` under the name `b=c`. */
function readingsOf(text: string): Reading[] {
  const readings: Reading[] = [{path: text}];
  for (let at = text.lastIndexOf('='); at > 0; at = text.lastIndexOf('=', at - 1)) {
    readings.push({path: text.slice(0, at), name: text.slice(at + 1)});
  }
  return readings;
}

async function send(search: Search, found: Usable, text: string, name: string | undefined): Promise<void> {
  const {names, trees, warnings} = search;
  if (found.kind === 'special') {
    throw new WaybillError('source.special-file', `${JSON.stringify(text)} is a ${found.what}.`, {path: text});
  }
  const own = name === undefined ? await ownName(search, text) : wanted(name, text);
  if (found.kind === 'file') {
    if (name === undefined) place(search, own, found.path, text);
    else claimed(names, wanted(name, text), found.path);
    return;
  }
  const root = own ?? freeDirectory(search, found.path);
  if (!trees.has(found.path)) trees.set(found.path, root);
  const prefix = root === '' ? '' : `${root}/`;
  const warn = (warning: string): void => void warnings.push(warning);
  let empty = true;
  for await (const entry of treeEntries({root: found.path, leaveOut: () => false, warn})) {
    empty = false;
    claimed(names, `${prefix}${entry.name}`, entry.path, entry.kind);
  }
  if (empty && root !== '') claimed(names, root, found.path, 'directory');
}

function freeDirectory({names, trees}: Search, path: string): string {
  return trees.get(path) ?? names.freeName(basename(path));
}

function wanted(name: string, path: string): string {
  return carriedName(name.replace(/^(\.\/)+/, ''), path);
}

function unusable(found: Extract<Examined, {readonly kind: 'unusable'}>, path: string): WaybillError {
  const {reason, cause} = found;
  const shown = JSON.stringify(path);
  if (reason === 'denied')
    return new WaybillError('store.permission-denied', `${shown} may not be read.`, {path, cause});
  if (reason === 'circle')
    return new WaybillError('store.not-found', `The link ${shown} leads in a circle.`, {path, cause});
  return new WaybillError('name.not-carried', `${shown} is no path that this machine can hold.`, {path, cause});
}
