import {WaybillError} from '../../contracts/errors.js';
import {checkStorePath, splitStorePath} from '../paths.js';
import type {StorePath} from '../store.js';
import type {FileSession} from './file-session.js';
import {hasStatus, STATUS} from '../../ssh/sftp/status.js';
import {isDirectory, isLink} from '../../ssh/sftp/attributes.js';

/**
 * How long a directory that was found below the root counts as such. SFTP has no `openat`: between the look and the
 * use a process on the target can put a link in its place in any case.
 */
const TRUSTED_MS = 1000;

interface Place {
  readonly real: Promise<string>;
  readonly at: number;
}

/**
 * Turns StorePaths into paths of the server. Links below the root are followed only while they stay below it: what a
 * path's parent really is decides, not how it is spelled.
 */
export class SshRoot {
  readonly #configured: string;
  readonly #places = new Map<StorePath, Place>();
  #real: string | undefined;

  /** @param path absolute, or relative to the user's home directory, also written `~/…` */
  constructor(path: string) {
    this.#configured = path.replace(/^~(?:\/|$)/, '').replace(/(?<=.)\/+$/, '') || '.';
  }

  /** Where `path` lies, its parent resolved; the last component itself may be a link. Rejects where the parent is missing. */
  async locate(session: FileSession, path: StorePath): Promise<string> {
    const split = splitStorePath(checkStorePath(path));
    if (split === undefined) return this.#realRoot(session);
    return join(await this.#realDirectory(session, split.directory), split.name);
  }

  /** Like `locate`, and follows the last component too, which must stay below the root. */
  locateDirectory(session: FileSession, path: StorePath): Promise<string> {
    return this.#realDirectory(session, checkStorePath(path));
  }

  /** Like `locate`, and creates the parents that are missing. */
  async locateForCreation(session: FileSession, path: StorePath): Promise<string> {
    const split = splitStorePath(checkStorePath(path));
    if (split === undefined) throw new WaybillError('store.is-a-directory', 'The root itself is no place for a file.');
    return join(await this.createDirectory(session, split.directory), split.name);
  }

  /** Creates a directory with its parents where they are missing, and answers its real path. */
  async createDirectory(session: FileSession, path: StorePath, mode?: number): Promise<string> {
    const split = splitStorePath(checkStorePath(path));
    try {
      return await this.#realDirectory(session, path);
    } catch (error) {
      if (!hasStatus(error, STATUS.noSuchFile)) throw error;
    }
    if (split === undefined) return this.#createRoot(session);
    const parent = await this.createDirectory(session, split.directory);
    const absolute = join(parent, split.name);
    await makeOne(session, absolute, path, mode);
    this.forget(path);
    return this.#realDirectory(session, path);
  }

  /** True where `absolute`, already resolved, is the root or lies below it. */
  async contains(session: FileSession, absolute: string): Promise<boolean> {
    const root = await this.#realRoot(session);
    return absolute === root || absolute.startsWith(join(root, ''));
  }

  /** Removals and renames make what was seen of `path` and everything below it void. */
  forget(path: StorePath): void {
    for (const known of this.#places.keys()) {
      if (known === path || known.startsWith(`${path}/`)) this.#places.delete(known);
    }
  }

  async #realRoot(session: FileSession): Promise<string> {
    session.place ??= this.#real;
    if (this.#real !== undefined) return this.#real;
    const real = await session.realPath(this.#configured);
    // Servers answer a path whose last component is missing, too.
    const found = await session.lstat(real);
    if (!isDirectory(found)) {
      throw new WaybillError('store.not-a-directory', `The root ${JSON.stringify(real)} is no directory.`, {
        path: real,
      });
    }
    this.#real = real;
    session.place = real;
    return real;
  }

  #realDirectory(session: FileSession, directory: StorePath): Promise<string> {
    if (directory === '') return this.#realRoot(session);
    const known = this.#places.get(directory);
    if (known !== undefined && performance.now() - known.at < TRUSTED_MS) return known.real;
    if (this.#places.size > 10_000) this.#places.clear();
    const real = this.#resolve(session, directory);
    this.#places.set(directory, {real, at: performance.now()});
    real.catch(() => this.#places.delete(directory));
    return real;
  }

  async #resolve(session: FileSession, directory: StorePath): Promise<string> {
    const root = await this.#realRoot(session);
    const spelled = join(root, directory);
    const real = await session.realPath(spelled).catch(async (error: unknown) => {
      if (hasStatus(error, STATUS.noSuchFile)) await refuseLinkToNowhere(session, root, directory);
      throw error;
    });
    if (real !== root && !real.startsWith(join(root, ''))) {
      throw new WaybillError(
        'name.outside-root',
        `${JSON.stringify(directory)} is a link that leads out of the root.`,
        {
          path: directory,
          found: real,
        },
      );
    }
    // Servers answer a path whose last component is missing, too.
    const found = await session.lstat(real);
    if (!isDirectory(found)) {
      throw new WaybillError('store.not-a-directory', `${JSON.stringify(directory)} is no directory.`, {
        path: directory,
      });
    }
    return real;
  }

  async #createRoot(session: FileSession): Promise<string> {
    const absolute = this.#configured.startsWith('/')
      ? this.#configured
      : join(await session.realPath('.'), this.#configured);
    let made = '';
    for (const component of absolute.split('/').filter((part) => part !== '')) {
      made += `/${component}`;
      await makeOne(session, made, made, undefined);
    }
    return this.#realRoot(session);
  }
}

/** What `found` of an error says where a directory is a link in a circle or to nothing. */
export const LEADS_NOWHERE = 'a link that leads nowhere';

/** The server answers "no such file" for a chain of links without an end, too. */
async function refuseLinkToNowhere(session: FileSession, root: string, directory: StorePath): Promise<void> {
  for (let place: string | undefined = directory; place !== undefined && place !== ''; ) {
    const found = await session.lstat(join(root, place)).catch((error: unknown) => {
      if (hasStatus(error, STATUS.noSuchFile)) return undefined;
      throw error;
    });
    if (found !== undefined && isLink(found)) {
      const message = `${JSON.stringify(place)} is ${LEADS_NOWHERE}.`;
      throw new WaybillError('store.not-a-directory', message, {path: place, found: LEADS_NOWHERE});
    }
    if (found !== undefined) return;
    place = splitStorePath(place)?.directory;
  }
}

/** The one place where a name is put behind a directory. */
export function join(directory: string, name: string): string {
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}

export function parentOf(absolute: string): string {
  return absolute.slice(0, Math.max(1, absolute.lastIndexOf('/')));
}

async function makeOne(session: FileSession, absolute: string, path: string, mode: number | undefined): Promise<void> {
  try {
    await session.mkdir(absolute, mode);
    // The umask of the server has taken bits of it away.
    if (mode !== undefined) await session.setstat(absolute, {mode});
  } catch (error) {
    if (!hasStatus(error, STATUS.failure, STATUS.permissionDenied)) throw error;
    // Another attempt was faster, or something else has the name; a directory above the root may not be ours to make.
    const found = await session.lstat(absolute).catch((second: unknown) => {
      throw hasStatus(second, STATUS.noSuchFile) ? error : second;
    });
    if (isDirectory(found) || isLink(found)) return;
    throw new WaybillError(
      'store.not-a-directory',
      `${JSON.stringify(path)} is taken by something that is no directory.`,
      {path},
    );
  }
}
