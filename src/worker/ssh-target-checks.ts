import type {SshTargetConfiguration} from '../config/schema.js';
import type {TargetCheck} from '../contracts/catalog.js';
import {isWaybillError} from '../contracts/errors.js';
import {nativeBindingLoaded, ssh2Prefix} from '../ssh/algorithms.js';
import {quote} from '../ssh/quote.js';
import {shellCheck, spaceCheck, workspaceDetail} from './local-target.js';
import {resolveSshTarget} from './ssh-target-endpoint.js';
import type {Target} from './targets.js';

/** What an SSH target can do, each point with what to do where it can't. What follows a failed connection is left out. */
export async function checkSshTarget(
  name: string,
  settings: SshTargetConfiguration,
  connect: () => Promise<Target>,
  signal?: AbortSignal,
): Promise<readonly TargetCheck[]> {
  const before = [nativeCheck(), ...(await configurationChecks(name, settings))];
  const connected = await attempt('connect', async () => {
    const target = await connect();
    await logIn(target, signal);
    return {target, detail: 'logged in; the host key is known'};
  });
  if ('outcome' in connected) return [...before, connected];
  const {target, detail} = connected;
  const checks = [
    ['shell', () => shellCheck(target, signal)],
    ['files', () => filesCheck(target, signal)],
    ['hasher', () => hasherCheck(target, signal)],
    ['workspace root', () => workspaceCheck(target, signal)],
    ['free space', () => spaceCheck(target, signal)],
  ] as const;
  const after: TargetCheck[] = [];
  for (const [of, check] of checks) after.push(await attempt(of, check));
  return [...before, {name: 'connect', outcome: 'ok', detail}, ...after];
}

/** A target is opened without a word on the line. What keeps commands from running is for the check of the shell to say. */
async function logIn({shell}: Target, signal?: AbortSignal): Promise<void> {
  try {
    await shell.run(':', signal ? {signal} : {});
  } catch (error) {
    if (!isWaybillError(error) || error.code.startsWith('ssh.')) throw error;
  }
}

function nativeCheck(): TargetCheck {
  if (nativeBindingLoaded()) return {name: 'native crypto', outcome: 'ok', detail: "ssh2's native binding is loaded"};
  return {
    name: 'native crypto',
    outcome: 'warning',
    detail: "ssh2's native binding is not loaded: transfers take more CPU",
    remedy: `Install a C++ compiler, make and python3 on the host of the worker, then run \`${rebuild()}\` there, and start the worker again.`,
  };
}

/** From any directory, and where npm was told to run no scripts, which is how the binding came to be missing. */
function rebuild(): string {
  return `npm rebuild --prefix ${quote(ssh2Prefix())} --ignore-scripts=false ssh2`;
}

async function configurationChecks(name: string, settings: SshTargetConfiguration): Promise<readonly TargetCheck[]> {
  const {notices} = await resolveSshTarget(name, settings);
  return notices.map((detail) => ({name: 'ssh config', outcome: 'warning', detail}));
}

async function filesCheck({store}: Target, signal?: AbortSignal): Promise<TargetCheck> {
  await store.stat('', signal ? {signal} : {});
  if (store.properties.protocol !== 'scp') return {name: 'files', outcome: 'ok', detail: 'over SFTP'};
  return {
    name: 'files',
    outcome: 'warning',
    detail: 'by scp and shell commands: slower, most of all for many small files',
    remedy: 'Enable the SFTP subsystem of the server (Subsystem sftp), unless `protocol: scp` is what you want.',
  };
}

async function hasherCheck({shell}: Target, signal?: AbortSignal): Promise<TargetCheck> {
  const script = 'for h in openssl sha256sum shasum; do command -v "$h" && exit 0; done; exit 1';
  const {status, stdout} = await shell.run(script, signal ? {signal} : {});
  if (status === 0) return {name: 'hasher', outcome: 'ok', detail: Buffer.from(stdout).toString().trim()};
  return {
    name: 'hasher',
    outcome: 'warning',
    detail: 'no sha256sum, shasum or openssl: what was sent is read back to prove it',
    remedy: 'Install coreutils or openssl on the target.',
  };
}

async function workspaceCheck({shell, workspaceRoot}: Target, signal?: AbortSignal): Promise<TargetCheck> {
  const {status, stdout} = await shell.run(nearestWritable(workspaceRoot), signal ? {signal} : {});
  const there = Buffer.from(stdout).toString().slice(0, -1);
  if (status === 0) return {name: 'workspace root', outcome: 'ok', detail: workspaceDetail(workspaceRoot, there)};
  return {
    name: 'workspace root',
    outcome: 'failed',
    detail: `${there === '' ? workspaceRoot : there} cannot be written`,
    remedy: 'Make it writable, or set another workspaceRoot.',
  };
}

/** Prints the directory itself, or the one above it in which it would be made, and succeeds where that can be written. */
function nearestWritable(directory: string): string {
  return [
    `d=${quote(directory)}`,
    'while [ ! -e "$d" ]; do case $d in */*) d=${d%/*}; d=${d:-/};; *) d=.;; esac; done',
    `printf '%s\\n' "$d"; [ -d "$d" ] && [ -w "$d" ]`,
  ].join('\n');
}

async function attempt<T>(name: string, check: () => Promise<T>): Promise<T | TargetCheck> {
  try {
    return await check();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return {name, outcome: 'failed', detail, ...(isWaybillError(error) ? {remedy: error.remedy} : {})};
  }
}
