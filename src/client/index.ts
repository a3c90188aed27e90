export type * from './api.js';
export {WaybillClient} from './client.js';
export type {ConnectOptions, TlsFiles} from './connect.js';
