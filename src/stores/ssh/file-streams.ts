import {unlessAborted} from '../../abort/on-abort.js';
import {hasCode} from '../../contracts/errors.js';
import {KeptPromise} from '../../promises/kept-promise.js';
import type {SshPool} from '../../ssh/pool.js';
import {availableSoon} from './hash-file.js';
import {HashShell} from './hash-shell.js';
import type {MovingOptions} from '../store.js';
import type {RunningCommands} from './running-commands.js';
import {findDialect, type ShellDialect} from './shell-dialect.js';
import {type FileGot, type FileToGet, getFiles, WORTH_A_STREAM} from './shell-get.js';

/**
 * Groups of small files, each read by one session of `scp`: by requests of SFTP, every file costs four, which are
 * processor time at both ends. What a stream does not carry is left to the caller's other way, and so is everything
 * where the target has no shell or no `scp`, and after a stream failed for another reason than the line.
 */
export class FileStreams {
  readonly #pool: SshPool;
  /** One of its own: in the store's, questions wait while files are hashed. It is open while groups are under way. */
  readonly #shell: HashShell;
  #underWay = 0;
  readonly #dialect = new KeptPromise<ShellDialect | undefined>();
  #failed = false;

  constructor(pool: SshPool) {
    this.#pool = pool;
    this.#shell = new HashShell(pool);
  }

  /** Answers for each, in order; undefined where it has to be read by itself. */
  async get(
    files: readonly FileToGet[],
    commands: RunningCommands,
    options: MovingOptions,
  ): Promise<readonly (FileGot | undefined)[]> {
    const {signal} = options;
    signal?.throwIfAborted();
    const none = files.map(() => undefined);
    if (files.length < WORTH_A_STREAM || this.#failed) return none;
    this.#underWay += 1;
    try {
      const dialect = await unlessAborted(
        signal,
        this.#dialect.get(() => this.#find()),
      );
      if (dialect !== undefined && (await availableSoon(this.#shell, signal))) {
        const by = {pool: this.#pool, dialogue: this.#shell, dialect, started: commands.started};
        return await getFiles(files, by, options);
      }
      this.#failed = true;
      return none;
    } catch (error) {
      signal?.throwIfAborted();
      // A line that broke says nothing of the target.
      if (!hasCode(error, 'ssh.connection-lost', 'ssh.unreachable')) this.#failed = true;
      return none;
    } finally {
      this.#underWay -= 1;
      this.#closeUnused();
    }
  }

  close(): void {
    this.#shell.close();
  }

  async #find(): Promise<ShellDialect | undefined> {
    try {
      if (!(await availableSoon(this.#shell, undefined))) return undefined;
      const dialect = await findDialect(this.#shell, this.#pool.endpoint.name);
      return dialect.scp ? dialect : undefined;
    } finally {
      // Whoever asked may have given up meanwhile.
      this.#closeUnused();
    }
  }

  /** Where a host grants few sessions, others wait for this one. */
  #closeUnused(): void {
    if (this.#underWay === 0) this.#shell.close();
  }
}
