export {catalog} from './catalog.js';
export {execution} from './execution.js';
