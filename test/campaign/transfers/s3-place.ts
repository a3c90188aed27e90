import {createHash, randomBytes} from 'node:crypto';
import {readdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {S3Client} from '../../../src/stores/s3/client.js';
import {headOf, pages} from '../../../src/stores/s3/look.js';
import type {S3Server} from '../../servers/s3-server.js';
import {type Content, type Digests, type Place, type Seen, UNFINISHED} from './place.js';
import type {Tree} from './tree.js';

/** Objects below a prefix for each directory, asked of the server itself: no line lies between. */
export class S3Place implements Place {
  readonly #client: S3Client;

  constructor(
    private readonly name: string,
    private readonly server: S3Server,
  ) {
    const {endpoint, bucket, credentials} = server;
    // Whoever looks while the server is down looks again soon.
    this.#client = new S3Client({endpoint, bucket, credentials, retries: {tries: 2}, stallMs: 10_000});
  }

  location(directory: string): string {
    return `${this.name}:${directory}`;
  }

  async fill(directory: string, tree: Tree): Promise<Digests> {
    const digests = new Map<string, string>();
    for (const [name, {kind, size, mode, modifiedAt}] of tree) {
      const body = randomBytes(size);
      if (kind === 'file') digests.set(name, createHash('sha256').update(body).digest('hex'));
      await this.#client.call({
        ...{method: 'PUT', key: `${directory}/${name}${kind === 'directory' ? '/' : ''}`, body},
        headers: {
          'content-type': 'application/octet-stream',
          'x-amz-meta-mtime': String(modifiedAt),
          'x-amz-meta-waybill-mode': mode.toString(8),
        },
      });
    }
    return digests;
  }

  async look(directory: string): Promise<ReadonlyMap<string, Seen>> {
    const found = new Map<string, Seen>();
    const prefix = `${directory}/`;
    for await (const {objects} of pages(this.#client, {prefix})) {
      for (const {key, size, etag, lastModified} of objects) {
        const name = key.slice(prefix.length);
        if (name.endsWith('/')) found.set(name.slice(0, -1), {kind: 'directory', size: 0, identity: ''});
        else if (name !== '') found.set(name, {kind: 'file', size, identity: [etag, lastModified].join(' ')});
      }
    }
    return found;
  }

  async read(directory: string, name: string, kind: Seen['kind']): Promise<Content> {
    const key = `${directory}/${name}`;
    if (kind !== 'file') {
      const headers = await headOf(this.#client, `${key}/`);
      if (headers === undefined) throw new Error(`${name} is gone`);
      return attributesIn(headers);
    }
    const {headers, body} = await this.#client.call({method: 'GET', key, maxBytes: 64 * 1024 * 1024});
    return {...attributesIn(headers), sha256: createHash('sha256').update(body).digest('hex')};
  }

  /** Uploads that are not finished are in no listing of MinIO: its disk tells. */
  async leftovers(): Promise<readonly string[]> {
    const names = await readdir(this.server.directory, {recursive: true}).catch(() => []);
    return names.filter((name) => UNFINISHED.test(name) || /multipart\/./.test(name));
  }

  async remove(directory: string): Promise<void> {
    await rm(join(this.server.directory, this.server.bucket, directory), {recursive: true, force: true});
  }

  close(): void {
    this.#client.close();
  }
}

function attributesIn(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Content {
  const text = (name: string) => {
    const value = headers[`x-amz-meta-${name}`];
    return typeof value === 'string' ? value : '';
  };
  return {mode: Number.parseInt(text('waybill-mode'), 8), modifiedAt: Math.floor(Number(text('mtime')))};
}
