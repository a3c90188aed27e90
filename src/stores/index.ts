export {withChaos, type ChaosRule, type Mishap} from './decorators/chaos.js';
export {withLog, type StoreEvent} from './decorators/logged.js';
export {type LocalStoreOptions, openLocalStore} from './local/store.js';
export type {S3Credentials} from './s3/credentials.js';
export type {RetryPolicy, S3Connection} from './s3/options.js';
export {openS3Store, type S3StoreOptions} from './s3/store.js';
export {openSshStore, type SshStoreOptions} from './ssh/store.js';
export * from './store.js';
