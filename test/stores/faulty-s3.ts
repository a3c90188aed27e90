import {afterAll, afterEach, beforeAll, beforeEach, describe, vi} from 'vitest';
import {patterned, sha256} from '../../src/stores/contract/subject.js';
import {openS3Store, type S3StoreOptions} from '../../src/stores/s3/store.js';
import type {PartialFile, Store} from '../../src/stores/store.js';
import {type FaultProxy, type Seen, startFaultProxy} from '../servers/fault-proxy.js';
import {startMinio} from '../servers/minio.js';
import type {S3Server} from '../servers/s3-server.js';
import {startVersity} from '../servers/versity.js';

export const PART_BYTES = 8 * 1024 * 1024;
/** Two parts and the beginning of a third. */
export const LARGE_BYTES = 2 * PART_BYTES + 777;
export const largeContent = patterned(LARGE_BYTES);

/** Counted from 1, as S3 does. */
export function partOf(number: number): Buffer {
  return largeContent.subarray((number - 1) * PART_BYTES, number * PART_BYTES);
}

export function isPut(name: string): (seen: Seen) => boolean {
  return ({method, path}) => method === 'PUT' && path.endsWith(`/${name}`);
}

/** A server of S3 behind a proxy that meddles as a test plans it. Each test has a prefix of its own. */
class FaultyS3 {
  readonly #stores: Store[] = [];
  #tests = 0;
  #opened: {readonly server: S3Server; readonly proxy: FaultProxy} | undefined;
  #store: Store | undefined;

  async start(startServer: () => Promise<S3Server>): Promise<void> {
    const server = await startServer();
    this.#opened = {server, proxy: await startFaultProxy(server.port)};
  }

  async stop(): Promise<void> {
    await this.#opened?.proxy.close();
    await this.#opened?.server.close();
  }

  get server(): S3Server {
    return this.#running.server;
  }

  get proxy(): FaultProxy {
    return this.#running.proxy;
  }

  get store(): Store {
    if (this.#store === undefined) throw new Error('no test has begun');
    return this.#store;
  }

  async beginTest(): Promise<void> {
    this.#tests += 1;
    this.proxy.plan(() => undefined);
    this.#store = this.open();
    await this.store.makeDirectory('partials');
  }

  async endTest(): Promise<void> {
    for (const each of this.#stores.splice(0)) await each.close();
  }

  open(changes: Partial<S3StoreOptions> = {}): Store {
    const {server, proxy} = this;
    const place = {name: 's3', ...server, endpoint: proxy.endpoint, prefix: `test-${this.#tests}`};
    const store = openS3Store({...place, retries: {firstWaitMs: 5}, ...changes});
    this.#stores.push(store);
    return store;
  }

  /** Of `largeContent`, which goes to `file`. */
  openPartial(options: {signal?: AbortSignal} = {}): Promise<PartialFile> {
    return this.store.openPartial({path: 'partials/p', size: LARGE_BYTES, intended: {destination: 'file'}}, options);
  }

  write(partial: PartialFile, number: number): Promise<void> {
    return partial.write((number - 1) * PART_BYTES, partOf(number));
  }

  async writeAll(partial: PartialFile): Promise<void> {
    for (const number of [1, 2, 3]) await this.write(partial, number);
  }

  publish(partial: PartialFile, ifExists: 'keep' | 'replace' = 'keep'): Promise<unknown> {
    return partial.publish({destination: 'file', ifExists});
  }

  async digestOf(name: string): Promise<string | undefined> {
    const found = await this.store.getObject(name, 64 * 1024 * 1024);
    return found === undefined ? undefined : sha256(found);
  }

  get #running(): {readonly server: S3Server; readonly proxy: FaultProxy} {
    if (this.#opened === undefined) throw new Error('the server has not started');
    return this.#opened;
  }
}

/** Runs the tests of `register` against each of the servers. */
export function describeFaultyS3(what: string, register: (s3: FaultyS3) => void): void {
  describe.each([
    ['MinIO', startMinio],
    ['Versity Gateway', startVersity],
  ])(`${what}: faults in front of %s`, (_, startServer) => {
    const s3 = new FaultyS3();
    beforeAll(() => s3.start(startServer));
    afterAll(() => s3.stop());
    beforeEach(() => s3.beginTest());
    afterEach(async () => {
      vi.useRealTimers();
      await s3.endTest();
    });
    register(s3);
  });
}
