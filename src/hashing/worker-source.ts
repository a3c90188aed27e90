/**
 * The program of a hashing thread, as text: a worker started from a file would need another path under a test runner
 * that reads TypeScript than in the compiled package.
 *
 * Every request carries an `id`, and is answered by `{id, answer}` or by `{id, failure: {message, code, syscall}}`:
 * a cloned Error would lose its errno. Requests and answers are typed in `requests.ts`.
 */
export const workerSource = `'use strict';
const {parentPort} = require('node:worker_threads');
const {createHash} = require('node:crypto');
const {
  chmodSync, closeSync, constants, fchmodSync, fchownSync, fstatSync, fsyncSync, futimesSync, linkSync, lstatSync, openSync,
  readSync, renameSync, unlinkSync, writeSync,
} = require('node:fs');
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

const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

// A look before the opening keeps devices and FIFOs from being opened at all; the look after it counts.
function readFile(path, into) {
  if (!lstatSync(path).isFile()) return {outcome: 'special'};
  const fd = openSync(path, flags);
  try {
    const before = fstatSync(fd, {bigint: true});
    if (!before.isFile()) return {outcome: 'special'};
    let bytes = 0;
    while (bytes < into.length) {
      const read = readSync(fd, into, bytes, into.length - bytes, bytes);
      if (read === 0) break;
      bytes += read;
    }
    const after = fstatSync(fd, {bigint: true});
    const {size, mode, mtimeNs, ctimeNs, ino} = before;
    const changed = after.size !== size || after.mtimeNs !== mtimeNs || after.ctimeNs !== ctimeNs;
    const sha256 = createHash('sha256').update(into.subarray(0, bytes)).digest('hex');
    return {outcome: 'read', stats: {size, mode, mtimeNs, ctimeNs, ino}, bytes, sha256, changed};
  } finally {
    closeSync(fd);
  }
}

function eachFile(files, memory, work) {
  let at = 0;
  return files.map((file) => {
    const bytes = new Uint8Array(memory, at, file.size);
    at += file.size;
    try {
      return work(file, bytes);
    } catch (error) {
      if (error.code === 'ELOOP' || error.code === 'EMLINK' || error.code === 'ENXIO') return {outcome: 'special'};
      return {outcome: 'failed', message: error.message, code: error.code ?? '', syscall: error.syscall ?? ''};
    }
  });
}

function readFiles({files, memory}) {
  return {outcome: 'files', files: eachFile(files, memory, ({path}, into) => readFile(path, into))};
}

// Names end with NUL, which none can hold, and stay bytes: what is not UTF-8 would come back mangled as text.
function lookAt({directory, names}) {
  const looks = [];
  for (let from = 0; from < names.length; ) {
    const end = names.indexOf(0, from);
    try {
      const path = Buffer.concat([directory, names.subarray(from, end)]);
      const {size, mode, mtimeNs, ctimeNs, ino, uid, gid} = lstatSync(path, {bigint: true});
      looks.push({outcome: 'found', stats: {size, mode, mtimeNs, ctimeNs, ino, uid, gid}});
    } catch (error) {
      looks.push({outcome: 'failed', message: error.message, code: error.code ?? '', syscall: error.syscall ?? ''});
    }
    from = end + 1;
  }
  return {outcome: 'looked', looks};
}

const writing = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

// An attempt that died before it could rename the file may have given it a mode that keeps its owner from writing.
function openToWrite(path) {
  try {
    return openSync(path, writing, 0o600);
  } catch (error) {
    if (error.code !== 'EACCES' || lstatSync(path, {throwIfNoEntry: false})?.isFile() !== true) throw error;
    chmodSync(path, 0o600);
    return openSync(path, writing, 0o600);
  }
}

// What the file system holds afterwards is read back: another attempt may have written something else meanwhile.
function writeFile({path, size, sha256, mode, owner, seconds}, content, sync) {
  const fd = openToWrite(path);
  try {
    const stats = fstatSync(fd, {bigint: true});
    if (!stats.isFile()) return {outcome: 'special'};
    for (let at = 0; at < size; ) at += writeSync(fd, content, at, size - at, at);
    const hash = createHash('sha256');
    for (let at = 0; ; ) {
      const read = readSync(fd, piece, 0, piece.length, at);
      if (read === 0) break;
      hash.update(piece.subarray(0, read));
      at += read;
    }
    const held = hash.digest('hex');
    if (held !== sha256) return {outcome: 'differs', sha256: held};
    if (owner !== undefined) fchownSync(fd, owner.uid, owner.gid);
    if (seconds !== undefined) futimesSync(fd, seconds, seconds);
    if (mode !== undefined) fchmodSync(fd, mode & 0o7777);
    if (sync) fsyncSync(fd);
    return {outcome: 'written', ino: stats.ino};
  } finally {
    closeSync(fd);
  }
}

function writeFiles({files, memory, sync}) {
  return {outcome: 'written', files: eachFile(files, memory, (file, content) => writeFile(file, content, sync))};
}

// Only the plain case: a partial that has a second name, is another attempt's by now, or fails is left as it is.
function renameFile({from, to, ino, ifExists}) {
  try {
    const held = lstatSync(from, {bigint: true});
    if (held.ino !== ino || held.nlink !== 1n) return false;
    if (ifExists === 'keep') {
      linkSync(from, to);
      unlinkSync(from);
    } else {
      renameSync(from, to);
    }
    return true;
  } catch {
    return false;
  }
}

function renameFiles({files}) {
  return {outcome: 'renamed', files: files.map(renameFile)};
}

const operations = {
  ...{range: hashRange, update, drop},
  ...{look: lookAt, files: readFiles, write: writeFiles, rename: renameFiles},
};

parentPort.on('message', ({id, request}) => {
  try {
    parentPort.postMessage({id, answer: operations[request.operation](request)});
  } catch (error) {
    parentPort.postMessage({id, failure: {message: error.message, code: error.code, syscall: error.syscall}});
  }
});
`;
