import {isUtf8} from 'node:buffer';
import type {DownloadedFile, ExecutionEvent, LogChunk} from '../../client/api.js';
import type {MoveProgress} from '../../contracts/checkpoint.js';
import type {Screen} from '../terminal/screen.js';
import type {Reporter, StartFacts} from './reporter.js';

/** One JSON object a line on standard output: every event, and the command's output as text, or base64 where it is none. */
export class JsonReporter implements Reporter {
  constructor(private readonly screen: Screen) {}

  started = (facts: StartFacts) => this.#write({event: 'started', ...facts});
  warning = (message: string) => this.#write({event: 'warning', message});
  note = (message: string) => this.#write({event: 'note', message});
  local = (direction: 'send' | 'download', progress: MoveProgress) => this.#write({event: direction, progress});
  event = (event: ExecutionEvent) => this.#write(event);
  downloaded = (files: readonly DownloadedFile[], into: string) => this.#write({event: 'downloaded', into, files});
  remoteOnly = (id: string) => this.#write({event: 'remote-only', id});
  /** `event` has said it already. */
  ended = async () => undefined;
  detached = (id: string) => this.#write({event: 'detached', id});
  pause = () => undefined;

  output = ({generation, stream, offset, data}: LogChunk) => {
    const content = isUtf8(data)
      ? {text: Buffer.from(data).toString()}
      : {base64: Buffer.from(data).toString('base64')};
    return this.#write({event: 'output', generation, stream, offset, ...content});
  };

  #write(value: object): Promise<void> {
    return this.screen.result(JSON.stringify(value));
  }
}
