import type {DownloadedFile, ExecutionEvent, LogChunk} from '../../client/api.js';
import type {MoveProgress} from '../../contracts/checkpoint.js';
import type {ExecutionResult} from '../../contracts/execution.js';

/** What `run`, `wait` and `retry` tell, whatever form it takes. */
export interface Reporter {
  started(facts: StartFacts): Promise<void>;
  /** Something that went well enough, but that the reader should know. */
  warning(message: string): Promise<void>;
  note(message: string): Promise<void>;
  /** Movement between this machine and the store. */
  local(direction: 'send' | 'download', progress: MoveProgress): Promise<void>;
  event(event: ExecutionEvent): Promise<void>;
  output(chunk: LogChunk): Promise<void>;
  downloaded(files: readonly DownloadedFile[], into: string): Promise<void>;
  remoteOnly(id: string): Promise<void>;
  ended(result: ExecutionResult): Promise<void>;
  detached(id: string): Promise<void>;
  /** Takes away whatever is drawn over; nothing is shown afterwards unless it is reported. */
  pause(): void;
}

export interface StartFacts {
  readonly id: string;
  readonly target: string;
  readonly command: readonly string[];
  readonly inputs: number;
}
