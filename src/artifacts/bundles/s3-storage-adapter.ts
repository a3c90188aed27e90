import {openS3Store, type S3StoreOptions} from '../../stores/s3/store.js';
import {BundleStorage} from './bundle-storage.js';

/** Bundles in a bucket, which has to exist, or below a prefix of it: for workers on any machine. */
export class S3StorageAdapter extends BundleStorage {
  constructor(options: Omit<S3StoreOptions, 'name'>) {
    super(openS3Store({...options, name: `s3://${options.bucket}`}));
  }
}
