export {type Catalog, type CatalogOptions, openCatalog, type RecordOptions} from './catalog/catalog.js';
export {contentTypeOf} from './content-type.js';
export {encodeInputManifest, parseInputManifest} from './input-manifest.js';
export {inputKey, inputManifestKey, logKey, outputKey} from './keys.js';
export {pathTicket, rootOf} from './tickets/path-ticket.js';
