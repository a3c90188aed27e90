import {posix} from 'node:path';
import {within} from './examine.js';
import {asArgument, type Located, locate} from './local-file.js';
import {ownName, place, type Search} from './placement.js';
import {isOfSystem} from './system-path.js';

interface Argument {
  /** `--flag=` or `key=`, or empty. */
  readonly flag: string;
  /** `key=`: what follows is a file of the caller's less surely than elsewhere. */
  readonly isKey: boolean;
  readonly text: string;
  readonly located: Located;
  /** The name that the text already has in the workspace, if any. */
  readonly own: string | undefined;
}

/** Sends the files among the arguments; returns the arguments with the names that those have in the workspace. */
export async function gatherArguments(search: Search, given: readonly string[]): Promise<string[]> {
  const read: (Argument | string)[] = [];
  let afterFlags = false;
  for (const text of given) {
    read.push((await readArgument(search, text, afterFlags)) ?? text);
    afterFlags ||= text === '--';
  }
  // Before any file among the arguments has a name: one file does not make its directory sent.
  const directories = new Map(read.map((argument) => [argument, directoryArgument(search, argument)]));
  // Names that keep an argument as it is are given first, so that no other file has them by then.
  for (const argument of read) if (typeof argument !== 'string' && argument.own !== undefined) name(search, argument);
  return read.map((argument) =>
    typeof argument === 'string' ? argument : (directories.get(argument) ?? name(search, argument)),
  );
}

async function readArgument(search: Search, argument: string, afterFlags: boolean): Promise<Argument | undefined> {
  const isFlag = argument.startsWith('-') && !afterFlags;
  const flag = isFlag ? (/^-[^=]*=/.exec(argument)?.[0] ?? '') : '';
  if (isFlag && flag === '') return undefined;
  const found = await readText(search, flag, argument.slice(flag.length));
  const key = found === undefined && !isFlag ? /^[A-Za-z_][\w.-]*=/.exec(argument)?.[0] : undefined;
  return key === undefined ? found : await readKey(search, key, argument.slice(key.length));
}

/**
 * `key=file`, as `dd` and many programs of data science take it. A file of the system is left to the target, which has
 * its own (`env SHELL=/bin/bash …`), and a directory is no news: `prefix=/tmp` names one of the target.
 */
async function readKey(search: Search, key: string, text: string): Promise<Argument | undefined> {
  if (text.startsWith('/') && isOfSystem(text)) return undefined;
  return await readText(search, key, text, true);
}

async function readText(search: Search, flag: string, text: string, isKey = false): Promise<Argument | undefined> {
  if (text === '') return undefined;
  const located = await locate(search, text);
  if (located.found.kind === 'special' && located.found.what !== 'device') {
    search.warnings.push(`${JSON.stringify(text)} is a ${located.found.what} of this machine and is not sent.`);
  }
  if (located.found.kind !== 'file' && located.found.kind !== 'directory') return undefined;
  return {flag, isKey, text, located, own: await ownName(search, text, located.from)};
}

function name(search: Search, {flag, text, located, own}: Argument): string {
  if (located.found.kind !== 'file') return `${flag}${text}`;
  const given = place(search, own, located.found.path, text);
  return `${flag}${rewritten(text, given, flag)}`;
}

function directoryArgument(search: Search, argument: Argument | string): string | undefined {
  if (typeof argument === 'string' || argument.located.found.kind !== 'directory') return undefined;
  const {flag, isKey, text, own} = argument;
  const sent = sentDirectory(search, argument.located.found.path) ?? own;
  if (sent !== undefined && search.names.hasBelow(sent))
    return `${flag}${rewritten(text, sent === '' ? '.' : sent, flag)}`;
  if (isKey) return undefined;
  search.warnings.push(
    `The directory ${JSON.stringify(text)} is not sent; --input ${JSON.stringify(text)} would send it.`,
  );
  return undefined;
}

/** The name of a directory that is, or lies in, a tree that is sent. */
function sentDirectory({trees}: Search, path: string): string | undefined {
  for (const [root, name] of trees) {
    const way = within(root, path);
    if (way !== undefined) return [name, way].filter((part) => part !== '').join('/');
  }
  return undefined;
}

/** The text as it is where it leads to the name, or else the name. */
function rewritten(text: string, name: string, flag: string): string {
  const isPlain = !text.startsWith('/') && !text.split('/').includes('..');
  if (isPlain && posix.normalize(text).replace(/(?<=.)\/$/, '') === name) return text;
  return flag === '' ? asArgument(name) : name;
}
