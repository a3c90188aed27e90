export {connect, type ConnectOptions} from './connect.js';
export {SshShell} from './exec.js';
export {type PoolLimits, type PoolStatus, type SessionOptions, SshPool} from './pool.js';
export {quote} from './quote.js';
export {type ResolvedEndpoint, resolveEndpoint, type SshSettings} from './resolve.js';
export {type HostKeyOffer, trustHost} from './trust.js';
