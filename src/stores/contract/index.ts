export {describeStoreContract} from './describe-store-contract.js';
export type {Lack, StoreCase, StorePlace} from './place.js';
