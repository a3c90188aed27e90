import {EXIT} from './exit-codes.js';
import {main} from './main.js';
import type {Operator} from './operator.js';
import {processContext} from './process-context.js';

export interface ProcessEnd {
  readonly status: number;
  /** Whether everything that is worth keeping compiled was loaded. */
  readonly clientUsed: boolean;
}

/** Runs the command line of this process. The caller ends the process: nothing that is still open may keep it. */
export async function runProcess(operator: () => Promise<Operator>): Promise<ProcessEnd> {
  let clientUsed = false;
  const context = processContext(operator, () => {
    clientUsed = true;
  });
  endQuietlyWhenUnread();
  const status = await main(process.argv.slice(2), context);
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  return {status, clientUsed};
}

/** `waybill logs ID | head`: the reader has what it wanted. Everything else that a stream reports stays an error. */
function endQuietlyWhenUnread(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(EXIT.pipe);
    });
  }
}

/** What a slow reader of a pipe has not taken yet would be lost with the process. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}
