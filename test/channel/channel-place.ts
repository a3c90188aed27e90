import {mkdir, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {openSshChannel, type SshChannel} from '../../src/channel/index.js';
import {SshPool} from '../../src/ssh/pool.js';
import type {CopyOptions} from '../../src/transfer/copy/copy.js';
import type {CopyResult} from '../../src/transfer/copy/result.js';
import {type Sshd, startSshd} from '../servers/sshd.js';
import {endpointOf} from '../servers/sshd-endpoint.js';

/** One way between the two directories, by names below them. */
export interface Way {
  readonly from: string;
  readonly to: string;
  readonly copy: (name: string, to: string, options?: CopyOptions) => Promise<CopyResult>;
}

/** A channel to a real sshd, and the directories `here` and `there`, of which `there` is its root. */
export class ChannelPlace {
  private constructor(
    readonly root: string,
    readonly pool: SshPool,
    readonly channel: SshChannel,
    private readonly sshd: Sshd,
  ) {}

  static async open(): Promise<ChannelPlace> {
    const sshd = await startSshd();
    const root = await mkdtemp(join(tmpdir(), 'waybill-channel-'));
    for (const side of ['here', 'there']) await mkdir(join(root, side));
    const pool = new SshPool(endpointOf(sshd));
    return new ChannelPlace(root, pool, openSshChannel({pool, root: join(root, 'there')}), sshd);
  }

  get sends(): Way {
    return {
      ...{from: join(this.root, 'here'), to: join(this.root, 'there')},
      copy: (name, to, options) => this.channel.upload(join(this.root, 'here', name), to, options),
    };
  }

  get fetches(): Way {
    return {
      ...{from: join(this.root, 'there'), to: join(this.root, 'here')},
      copy: (name, to, options) => this.channel.download(name, join(this.root, 'here', to), options),
    };
  }

  async close(): Promise<void> {
    await this.channel[Symbol.asyncDispose]();
    await this.pool.close();
    await this.sshd.close();
    await rm(this.root, {recursive: true, force: true});
  }
}

export async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
