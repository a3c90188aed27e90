import {setTimeout as delay} from 'node:timers/promises';
import type {ExecutionEvent, LogChunk, TransferEvent} from '../../src/client/api.js';
import {main} from '../../src/cli/main.js';
import {processContext} from '../../src/cli/process-context.js';
import {exited, movement, type Script, ScriptedClient} from './scripted-client.js';

// Run by terminal.test.ts as a process of its own on a real terminal.

async function* mixed(): AsyncGenerator<ExecutionEvent> {
  for (let done = 0; done <= 20; done++) {
    yield {
      event: 'move',
      progress: movement('collect', {
        filesDone: done,
        filesTotal: 20,
        bytesDone: done * 1e6,
        bytesTotal: 20e6,
        rate: 5e6,
      }),
    };
    await delay(5);
  }
}

/** Never ends. */
async function* staging(signal: AbortSignal | undefined): AsyncGenerator<ExecutionEvent> {
  for (let done = 0; signal?.aborted !== true; done += 1) {
    const progress = movement('stage', {filesTotal: 9, bytesDone: done, bytesTotal: 1e9, rate: 5});
    yield {event: 'move', progress};
    await delay(5);
  }
}

async function* copying(signal: AbortSignal | undefined): AsyncGenerator<TransferEvent> {
  for await (const event of staging(signal)) {
    if (event.event === 'move') yield {event: 'progress', step: 'copy', progress: event.progress};
  }
}

async function* lines(): AsyncGenerator<LogChunk> {
  let offset = 0;
  for (let line = 0; line < 10; line++) {
    // Every other line comes in two pieces, with time for a bar to be drawn between them.
    const pieces = line % 2 === 0 ? [`line ${line}\n`] : [`line `, `${line}\n`];
    for (const piece of pieces) {
      yield {generation: 1, stream: line % 3 === 0 ? 'stderr' : 'stdout', offset, data: Buffer.from(piece)};
      offset += piece.length;
      await delay(7);
    }
  }
}

const cancelledEnd = exited(0, {outcome: 'cancelled', command: {outcome: 'cancelled'}});

async function endSoon(cancelled: Promise<void>) {
  return Promise.race([cancelled.then(() => cancelledEnd), delay(1_500, exited(0))]);
}

/** More than the last progress that was seen. */
const collected = {files: 21, bytes: 21e6, sentBytes: 21e6, resumedBytes: 0, failedFiles: 0};

const scenes: Readonly<Record<string, Script>> = {
  staging: {result: (cancelled) => cancelled.then(() => cancelledEnd), events: staging},
  copying: {result: async () => exited(0), transfer: {progress: copying}},
  downloading: {
    result: async () => exited(0, {collected}),
    download: async (report) => {
      for (;;) {
        report(movement('collect', {filesTotal: 9, bytesDone: 5, bytesTotal: 1e9, rate: 5}));
        await delay(5);
      }
    },
  },
  steady: {result: (cancelled) => cancelled.then(() => cancelledEnd)},
  unanswered: {result: (cancelled) => cancelled.then(() => cancelledEnd), cancel: () => new Promise(() => undefined)},
  ending: {result: endSoon},
  mixed: {result: async () => delay(400, exited(0, {collected})), events: mixed, chunks: lines},
  sending: {
    result: async () => exited(0),
    send: async (report, signal) => {
      report({...movement('stage', {filesTotal: 2, bytesTotal: 10, bytesDone: 5, rate: 1}), direction: 'stage'});
      await delay(30_000, undefined, signal === undefined ? {} : {signal});
    },
  },
};

const [scene = '', ...argv] = process.argv.slice(2);
const script = scenes[scene];
if (script === undefined) throw new Error(`there is no scene ${scene}`);
// A real client holds a connection, which keeps the process.
setInterval(() => undefined, 60_000);
const refuse = () => Promise.reject(new Error('no scene needs it'));
const context = {...processContext(refuse, () => undefined), connect: async () => new ScriptedClient(script)};
void main(argv, context).then((status) => process.exit(status));
