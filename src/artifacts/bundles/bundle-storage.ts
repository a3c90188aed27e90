import {resolve} from 'node:path';
import {openLocalStore} from '../../stores/local/store.js';
import type {Store} from '../../stores/store.js';
import {downloadBundle} from './download.js';
import {bundleUrl, digestIn} from './keys.js';
import type {ArtifactStorage, BundleOptions} from './storage.js';
import {uploadBundle} from './upload.js';

/** Bundles in any store that a machine of yours reaches. */
export class BundleStorage implements ArtifactStorage {
  readonly #store: Store;

  /** Everything below the store's root belongs to the storage. It is closed with it. */
  constructor(store: Store) {
    this.#store = store;
  }

  async uploadAssetBundle(jobId: string, localDir: string, options: BundleOptions = {}): Promise<string> {
    const {signal = new AbortController().signal, ...told} = options;
    const from = openLocalStore({name: 'this machine', root: resolve(localDir)});
    try {
      return bundleUrl(await uploadBundle({from, to: this.#store, jobId, signal, ...told}));
    } finally {
      await from.close();
    }
  }

  async downloadAssetBundle(
    jobId: string,
    remoteUrl: string,
    targetDir: string,
    options: BundleOptions = {},
  ): Promise<void> {
    const {signal = new AbortController().signal, ...told} = options;
    const digest = digestIn(remoteUrl);
    await downloadBundle({from: this.#store, jobId, digest, targetDir, signal, ...told});
  }

  /** Ends its connections. */
  close(): Promise<void> {
    return this.#store.close();
  }
}
