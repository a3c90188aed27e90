#!/usr/bin/env node
'use strict';
// Starts the bundled CLI from V8's compiled code, kept in a private directory: compiling it costs more than running it.
const fs = require('node:fs');
const path = require('node:path');

const bundle = path.join(__dirname, '../dist/src/cli/waybill.cjs');

function cacheFile(stats) {
  const {XDG_CACHE_HOME, HOME, WAYBILL_CODE_CACHE, NODE_OPTIONS = ''} = process.env;
  const base = XDG_CACHE_HOME?.startsWith('/')
    ? XDG_CACHE_HOME
    : HOME?.startsWith('/')
      ? path.join(HOME, '.cache')
      : undefined;
  if (base === undefined || WAYBILL_CODE_CACHE === 'off') return undefined;
  // V8 refuses code of another version or other flags by itself, and a worker has flags that a command has not; of the
  // source it compares no more than the length.
  const {version, arch} = process;
  const place = require('node:crypto')
    .createHash('sha256')
    .update([bundle, stats.ino, stats.mtimeMs, stats.size, version, arch, NODE_OPTIONS].join('\0'));
  return path.join(base, 'waybill/code', `${place.digest('hex').slice(0, 32)}.bin`);
}

/** Only what this user alone can have written is run. */
function readPrivate(file) {
  let handle;
  try {
    handle = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    const {uid, mode} = fs.fstatSync(handle);
    return uid === process.getuid() && (mode & 0o022) === 0 ? fs.readFileSync(handle) : undefined;
  } catch {
    return undefined;
  } finally {
    if (handle !== undefined) fs.closeSync(handle);
  }
}

/** At most `levels`, one after the other: a home that is not there is not to be made. */
function makeDirectories(directory, levels) {
  if (levels === 0 || fs.existsSync(directory)) return;
  makeDirectories(path.dirname(directory), levels - 1);
  fs.mkdirSync(directory, {mode: 0o700});
}

function keep(script, file) {
  const beside = `${file}.${process.pid}`;
  try {
    makeDirectories(path.dirname(file), 3);
    fs.writeFileSync(beside, script.createCachedData(), {mode: 0o600, flag: 'wx'});
    fs.renameSync(beside, file);
    expire(path.dirname(file));
  } catch {
    // A full or read-only home only costs time.
  }
}

/** What earlier versions left. */
function expire(directory) {
  for (const name of fs.readdirSync(directory)) {
    const other = path.join(directory, name);
    if (Date.now() - fs.statSync(other).mtimeMs > 60 * 86_400_000) fs.rmSync(other);
  }
}

const vm = require('node:vm');
const stats = fs.statSync(bundle);
const file = cacheFile(stats);
const cachedData = file === undefined ? undefined : readPrivate(file);
// The bundle is plain ASCII, which is read fastest as what it is.
const source = `(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(bundle, 'latin1')}\n})`;
// An import() in it would not work, or be told as experimental: what is not in the bundle is handed in below.
const script = new vm.Script(source, {filename: bundle, cachedData});
const loaded = {exports: {}};
const requireFromBundle = require('node:module').createRequire(bundle);
script.runInThisContext()(loaded.exports, requireFromBundle, loaded, bundle, path.dirname(bundle));
const operator = async () => requireFromBundle('../worker/operator.cjs').operator;
loaded.exports.runProcess(operator).then((end) => {
  // Made after a command that used everything worth keeping: functions that never ran are not in it.
  if (file !== undefined && (cachedData === undefined || script.cachedDataRejected) && end.clientUsed)
    keep(script, file);
  process.exit(end.status);
});
