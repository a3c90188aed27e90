/**
 * The program of a shell host, as text that Node reads from standard input: a program started from a file would need
 * another path under a test runner that reads TypeScript than in the compiled package.
 *
 * Requests and answers are typed in `shell-host.ts`. It ends with the process that started it, whose signals it leaves
 * to that process: a worker that is told to stop still has scripts to run.
 */
export const shellHostSource = `'use strict';
const {spawn} = require('node:child_process');
const {constants, homedir} = require('node:os');
const groups = new Map();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', (request) => (request.kind === 'run' ? run(request) : end(groups.get(request.id))));

function run(request) {
  groups.set(request.id, undefined);
  try {
    start(request);
  } catch ({message}) {
    answer({id: request.id, kind: 'failed', message});
  }
}

function start({id, program, args, script, maxOutputBytes, streamed}) {
  const outputs = [bounded(maxOutputBytes), bounded(maxOutputBytes)];
  // A group of its own, so that an abort ends the script with everything that it waits for.
  const child = spawn(program, args, {cwd: homedir(), detached: true});
  child.on('error', ({message}) => answer({id, kind: 'failed', message}));
  // The system has no descriptor left for them, which 'error' tells next.
  if (child.stdout === undefined) return;
  groups.set(id, child.pid);
  child.stdout.on('data', (chunk) => {
    outputs[0].add(chunk);
    if (!streamed) return;
    child.stdout.pause();
    process.send({id, kind: 'stdout', chunk}, () => child.stdout.resume());
  });
  child.stderr.on('data', (chunk) => outputs[1].add(chunk));
  child.on('close', (code, signal) => {
    const status = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
    const [stdout, stderr] = outputs.map(({chunks}) => Buffer.concat(chunks));
    answer({id, kind: 'ended', status, stdout, stderr});
  });
  // A script that ends before it is read to its end breaks the pipe; its status says what matters.
  child.stdin.on('error', () => undefined);
  child.stdin.end(script);
}

function answer(message) {
  if (groups.delete(message.id)) process.send(message, () => undefined);
}

function bounded(room) {
  const chunks = [];
  const add = (chunk) => {
    if (room <= 0) return;
    const kept = chunk.subarray(0, room);
    room -= kept.length;
    chunks.push(kept);
  };
  return {chunks, add};
}

function end(pid) {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
`;
