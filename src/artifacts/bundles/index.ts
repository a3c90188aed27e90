export {BundleStorage} from './bundle-storage.js';
export {LocalStorageAdapter} from './local-storage-adapter.js';
export {type Bundle, type BundleEntry} from './manifest.js';
export {S3StorageAdapter} from './s3-storage-adapter.js';
export type {ArtifactStorage, BundleOptions, BundleProgress} from './storage.js';
