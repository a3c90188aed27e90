/**
 * The program of a hashing thread, as text: a worker started from a file would need another path under a test runner
 * that reads TypeScript than in the compiled package.
 *
 * Every request carries an `id`, and is answered by `{id, answer}` or by `{id, failure: {message, code, syscall}}`:
 * a cloned Error would lose its errno.
 */
export const workerSource = `'use strict';
const {parentPort} = require('node:worker_threads');
const {createHash} = require('node:crypto');
const {readSync} = require('node:fs');
const piece = Buffer.allocUnsafeSlow(1 << 20);

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

parentPort.on('message', ({id, request}) => {
  try {
    parentPort.postMessage({id, answer: hashRange(request)});
  } catch (error) {
    parentPort.postMessage({id, failure: {message: error.message, code: error.code, syscall: error.syscall}});
  }
});
`;
