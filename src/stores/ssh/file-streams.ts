import {unlessAborted} from '../../abort/on-abort.js';
import {hasCode} from '../../contracts/errors.js';
import type {SshPool} from '../../ssh/pool.js';
import {availableSoon, SESSION_WITHIN_MS} from './hash-file.js';
import {HashShell} from './hash-shell.js';
import type {RunningCommands} from './running-commands.js';
import {findDialect, type ShellDialect} from './shell-dialect.js';
import {type FileGot, type FileToGet, getFiles} from './shell-get.js';

/** Beginning a session costs about as much as so many files cost by themselves. */
const WORTH_A_STREAM = 32;

/**
 * Groups of small files, each read by one session of `scp`: by requests of SFTP, every file costs four, which are
 * processor time at both ends. What a stream does not carry is left to the caller's other way, and so is everything
 * where the target has no shell or no `scp`, and after a stream failed for another reason than the line.
 */
export class FileStreams {
  readonly #pool: SshPool;
  /** One of its own: in the store's, questions wait while files are hashed. */
  readonly #shell: HashShell;
  #dialect: Promise<ShellDialect | undefined> | undefined;
  #failed = false;

  constructor(pool: SshPool) {
    this.#pool = pool;
    this.#shell = new HashShell(pool);
  }

  /** Answers for each, in order; undefined where it has to be read by itself. */
  async get(
    files: readonly FileToGet[],
    commands: RunningCommands,
    signal: AbortSignal | undefined,
  ): Promise<readonly (FileGot | undefined)[]> {
    if (files.length < WORTH_A_STREAM || this.#failed) return files.map(() => undefined);
    try {
      const dialect = await unlessAborted(signal, this.#findOnce());
      if (dialect === undefined) return files.map(() => undefined);
      return await getFiles(files, {
        ...{pool: this.#pool, dialogue: this.#shell, dialect, started: commands.started},
        patience: () => withinPatience(signal),
      });
    } catch (error) {
      signal?.throwIfAborted();
      // A line that broke says nothing of the target.
      if (!hasCode(error, 'ssh.connection-lost', 'ssh.unreachable')) this.#failed = true;
      return files.map(() => undefined);
    }
  }

  close(): void {
    this.#shell.close();
  }

  #findOnce(): Promise<ShellDialect | undefined> {
    const finding = (this.#dialect ??= this.#find());
    finding.catch(() => {
      if (this.#dialect === finding) this.#dialect = undefined;
    });
    return finding;
  }

  async #find(): Promise<ShellDialect | undefined> {
    if (!(await availableSoon(this.#shell, undefined))) {
      // It may still wait for a session, which others need.
      this.#shell.close();
      return undefined;
    }
    const dialect = await findDialect(this.#shell, this.#pool.endpoint.name);
    return dialect.scp ? dialect : undefined;
  }
}

function withinPatience(signal: AbortSignal | undefined): AbortSignal {
  const soon = AbortSignal.timeout(SESSION_WITHIN_MS);
  return signal === undefined ? soon : AbortSignal.any([signal, soon]);
}
