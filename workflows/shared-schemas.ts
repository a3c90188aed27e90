import * as artifacts from '../src/contracts/artifacts.js';
import * as batch from '../src/contracts/batch.js';
import * as catalog from '../src/contracts/catalog.js';
import * as execution from '../src/contracts/execution.js';
import * as fileOutcome from '../src/contracts/file-outcome.js';
import * as ids from '../src/contracts/ids.js';
import * as origin from '../src/contracts/origin.js';
import * as retention from '../src/contracts/retention.js';
import {schemaPatterns} from '../src/contracts/schema-patterns.js';
import * as store from '../src/contracts/store.js';
import * as tickets from '../src/contracts/tickets.js';
import * as transfer from '../src/contracts/transfer.js';

/**
 * The modules of schemas, evaluated once for all workflows of a worker instead of for each: a set of its own costs a
 * workflow 20 ms and a third of a MiB. They hold no state of a workflow.
 *
 * The SDK freezes what workflows share, as deep as it reaches, and a frozen schema cannot be used: zod replaces a method of
 * it at its first use. What is frozen already it does not enter. For `preloadModules` alone: outside a bundle, a namespace
 * cannot be frozen.
 */
const modules = [artifacts, batch, catalog, execution, fileOutcome, ids, origin, retention, store, tickets, transfer];
for (const module of [...modules, schemaPatterns]) Object.freeze(module);
