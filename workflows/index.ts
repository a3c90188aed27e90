export {catalog} from './catalog.js';
export {execution} from './execution.js';
export {transfer} from './transfer.js';
