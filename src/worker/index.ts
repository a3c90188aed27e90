export {type ActivityDeps, type CreatedActivities, createActivities} from '../../activities/index.js';
export {loadWorkflowBundle} from './bundle.js';
export {openWorkerDeps, type WorkerDeps} from './deps.js';
export {runWorker, type RunWorkerOptions} from './main.js';
export type {WaybillWorkerOptions} from './options.js';
export type {Target, TargetRegistry} from './targets.js';
export {openTelemetry, type Telemetry} from './telemetry.js';
