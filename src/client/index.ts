export type * from './api.js';
export type * from './batch-api.js';
export {WaybillClient} from './client.js';
export type {ConnectOptions, TlsFiles} from './connect.js';
