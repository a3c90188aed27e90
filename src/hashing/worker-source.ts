/**
 * The program of a hashing thread, as text: a worker started from a file would need another path under a test runner
 * that reads TypeScript than in the compiled package.
 *
 * Every request carries an `id`, and is answered by `{id, answer}` or by `{id, failure: {message, code, syscall}}`:
 * a cloned Error would lose its errno. Requests and answers are typed in `thread.ts`.
 */
export const workerSource = `'use strict';
const {parentPort} = require('node:worker_threads');
const {createHash} = require('node:crypto');
const {readSync} = require('node:fs');
const piece = Buffer.allocUnsafeSlow(1 << 20);
const streams = new Map();

function hashRange({fd, offset, length, stop}) {
  const hash = createHash('sha256');
  let done = 0;
  while (done < length) {
    if (Atomics.load(stop, 0) !== 0) return {outcome: 'stopped'};
    const read = readSync(fd, piece, 0, Math.min(piece.length, length - done), offset + done);
    if (read === 0) return {outcome: 'short'};
    hash.update(piece.subarray(0, read));
    done += read;
  }
  return {outcome: 'hashed', sha256: hash.digest('hex')};
}

function update({stream, memory, offset, length, last}) {
  const hash = streams.get(stream) ?? createHash('sha256');
  hash.update(new Uint8Array(memory, offset, length));
  if (!last) {
    streams.set(stream, hash);
    return {outcome: 'taken'};
  }
  streams.delete(stream);
  return {outcome: 'hashed', sha256: hash.digest('hex')};
}

function drop({stream}) {
  streams.delete(stream);
  return {outcome: 'taken'};
}

const operations = {range: hashRange, update, drop};

parentPort.on('message', ({id, request}) => {
  try {
    parentPort.postMessage({id, answer: operations[request.operation](request)});
  } catch (error) {
    parentPort.postMessage({id, failure: {message: error.message, code: error.code, syscall: error.syscall}});
  }
});
`;
