export {batch} from './batch.js';
export {catalog} from './catalog.js';
export {execution} from './execution.js';
export {retention} from './retention.js';
export {store} from './store.js';
export {tickets} from './tickets.js';
export {transfer} from './transfer.js';
