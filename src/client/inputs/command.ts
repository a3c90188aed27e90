import {extname, posix} from 'node:path';
import {within} from './examine.js';
import {asArgument, locate} from './local-file.js';
import {ownName, place, type Search} from './placement.js';
import {interpreterOf, shebangOf} from './script.js';
import {isOfSystem} from './system-path.js';

/**
 * What runs for the first argument. A script is sent: one with a shebang runs by itself, or by its interpreter where it
 * is not executable; another runs by the interpreter of its ending. A program of this machine is sent where its path is
 * relative with a slash, or below the working directory. Everything else is a command of the target, and so is whatever
 * an absolute path names in a directory where systems install commands: the target has its own.
 */
export async function gatherCommand(search: Search, first: string): Promise<string[]> {
  if (first === '' || first.startsWith('-')) return [first];
  const {from, found} = await locate(search, first);
  if (found.kind !== 'file') {
    const sent = () => search.names.inputs().some(({name}) => name === posix.normalize(first));
    if (found.kind === 'unusable' && found.reason === 'missing' && first.startsWith('./') && !sent()) {
      search.warnings.push(`There is no ${JSON.stringify(first)} here to send.`);
    }
    return [first];
  }
  const interpreter = interpreterOf(first);
  const shebang = await shebangOf(found.path).catch(() => undefined);
  if (!first.includes('/') && interpreter === undefined && (shebang === undefined || extname(first) === '')) {
    if (shebang !== undefined) {
      search.warnings.push(`${first} is taken from the PATH of the target; ./${first} would be the script here.`);
    }
    return [first];
  }
  const isScript = shebang !== undefined || interpreter !== undefined;
  const isHere = within(search.workdir ?? search.cwd, found.path) !== undefined;
  if (first.startsWith('/') && !isHere && (!isScript || isOfSystem(first))) return [first];
  const name = place(search, await ownName(search, first, from), found.path, first);
  if (shebang !== undefined && !found.executable) return [...shebang, asArgument(name)];
  if (shebang === undefined && interpreter !== undefined) return [interpreter, asArgument(name)];
  return [`./${name}`];
}
