export {cancelExecution, cleanUpWorkspace, type EndOptions, prepareWorkspace} from './end.js';
export {launch, type LaunchOptions} from './launch.js';
export {LocalShell, type LocalShellOptions} from './local-shell.js';
export {copyLog, type LogCopyOptions} from './log-copier.js';
export {type LogPiece, type LogReadOptions, readLog} from './log-reader.js';
export {decideOutputs, type Outputs, type OutputsRequest} from './outputs.js';
export type {ExecutionEnd, ExecutionEvent} from './report.js';
export * from './shell.js';
export type {Workspace} from './workspace.js';
