import {openLocalStore} from '../../stores/local/store.js';
import {BundleStorage} from './bundle-storage.js';

/** Bundles in a directory, made by the first upload: for one machine, tests, or a file system that every worker mounts. */
export class LocalStorageAdapter extends BundleStorage {
  constructor(directory: string) {
    super(openLocalStore({name: directory, root: directory}));
  }
}
