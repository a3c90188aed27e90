export {withChaos, type ChaosRule, type Mishap} from './decorators/chaos.js';
export {withLog, type StoreEvent} from './decorators/logged.js';
export {type LocalStoreOptions, openLocalStore} from './local/store.js';
export {openSshStore, type SshStoreOptions} from './ssh/store.js';
export * from './store.js';
