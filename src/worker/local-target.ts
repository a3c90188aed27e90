import {access, constants, stat} from 'node:fs/promises';
import {hostname} from 'node:os';
import {dirname} from 'node:path';
import prettyBytes from 'pretty-bytes';
import type {LocalTargetConfiguration} from '../config/schema.js';
import type {TargetCheck} from '../contracts/catalog.js';
import {hasCode} from '../contracts/errors.js';
import {LocalShell} from '../execution/local-shell.js';
import {isErrno} from '../stores/local/errors.js';
import {openLocalStore} from '../stores/local/store.js';
import type {OpenedTarget, Target} from './targets.js';

/** The worker's own machine as a target. */
export function openLocalTarget(name: string, settings: LocalTargetConfiguration): OpenedTarget {
  const store = openLocalStore({name, root: settings.workspaceRoot});
  const shell = new LocalShell();
  const target: Target = {name, settings, store, shell, workspaceRoot: settings.workspaceRoot};
  return {
    address: hostname(),
    connect: async () => target,
    storeAt: async (root) => openLocalStore({name, root}),
    check: async (signal) => [
      await shellCheck(target, signal),
      await workspaceCheck(target),
      await spaceCheck(target, signal),
    ],
    close: () => store.close(),
  };
}

/** Runs a script that does nothing but answer. */
export async function shellCheck(target: Target, signal?: AbortSignal): Promise<TargetCheck> {
  const {status, stdout} = await target.shell.run('echo waybill; uname -srm', signal ? {signal} : {});
  const [answer, system = ''] = Buffer.from(stdout).toString().split('\n');
  if (status === 0 && answer === 'waybill') return {name: 'shell', outcome: 'ok', detail: `/bin/sh on ${system}`};
  return {
    name: 'shell',
    outcome: 'failed',
    detail: `/bin/sh ended with status ${status}`,
    remedy: 'The target needs a POSIX /bin/sh.',
  };
}

/** How much a command may write below the workspace root. */
export async function spaceCheck(target: Target, signal?: AbortSignal): Promise<TargetCheck> {
  const free = await target.store.freeSpace('', signal ? {signal} : {}).catch((error: unknown) => {
    if (hasCode(error, 'store.not-found')) return 'not-there' as const;
    throw error;
  });
  if (free === 'not-there') return {name: 'free space', outcome: 'ok', detail: 'not known before the first run'};
  if (free === undefined) return {name: 'free space', outcome: 'warning', detail: 'the target does not say'};
  const detail = `${prettyBytes(free)} below ${target.workspaceRoot}`;
  if (free > 1_000_000_000) return {name: 'free space', outcome: 'ok', detail};
  return {name: 'free space', outcome: 'warning', detail, remedy: 'Free space there, or set another workspaceRoot.'};
}

async function workspaceCheck({workspaceRoot}: Target): Promise<TargetCheck> {
  try {
    const there = await nearestDirectory(workspaceRoot);
    await access(there, constants.W_OK | constants.X_OK);
    return {name: 'workspace root', outcome: 'ok', detail: workspaceDetail(workspaceRoot, there)};
  } catch (error) {
    const detail = error instanceof Error ? error.message : workspaceRoot;
    return {
      name: 'workspace root',
      outcome: 'failed',
      detail,
      remedy: 'Make the directory writable, or set another workspaceRoot.',
    };
  }
}

/** A check makes nothing: the first run does. */
export function workspaceDetail(workspaceRoot: string, there: string): string {
  return there === workspaceRoot ? workspaceRoot : `${workspaceRoot}, which the first run makes`;
}

/** The path itself where it is there, or the one above it in which it would be made. */
async function nearestDirectory(path: string): Promise<string> {
  const there = await stat(path).then(
    () => true,
    (error: unknown) => {
      if (isErrno(error, 'ENOENT')) return false;
      throw error;
    },
  );
  return there ? path : await nearestDirectory(dirname(path));
}
