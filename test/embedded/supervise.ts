import {startStack} from '../../src/embedded/supervisor.js';

// A supervisor in a process of its own, so that a test can kill it. Each event is a line of JSON.
const [stateDirectory, temporal, ui, ...workerCommand] = process.argv.slice(2);
const [program, ...args] = workerCommand;
const controller = new AbortController();
process.on('SIGINT', () => controller.abort(new Error('interrupted')));
const say = (event: unknown) => process.stdout.write(`${JSON.stringify(event)}\n`);
try {
  const stack = await startStack({
    stateDirectory: stateDirectory ?? '',
    ports: {temporal: Number(temporal), ui: Number(ui)},
    ...(program === undefined ? {} : {workerCommand: [program, ...args]}),
    signal: controller.signal,
    onEvent: say,
  });
  say({event: 'up', record: stack.record});
  await stack.stopped;
  say({event: 'down'});
} catch (error) {
  say({
    event: 'refused',
    message: String(error),
    code: error instanceof Error && 'code' in error ? error.code : undefined,
  });
  process.exitCode = 1;
}
