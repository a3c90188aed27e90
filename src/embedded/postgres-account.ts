import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmod, chown, mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {WaybillError} from '../contracts/errors.js';

const run = promisify(execFile);

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: root lends it this user, made where it is missing. Others run it as themselves. */
const accountName = 'postgres';

export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  try {
    return await accountByName();
  } catch {
    await run('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      accountName,
    ]).catch((error: unknown) => {
      throw new WaybillError(
        'stack.start-failed',
        `PostgreSQL does not run as root, and the user ${accountName} cannot be made`,
        {
          cause: error,
          remedy: `Create a system user ${accountName}, or start as another user than root.`,
        },
      );
    });
    return accountByName();
  }
}

async function accountByName(): Promise<Account> {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, accountName])).stdout)),
  );
  if (uid === undefined || gid === undefined) throw new WaybillError('stack.start-failed', `no user ${accountName}`);
  return {uid, gid};
}

/**
 * The directory for PostgreSQL's own files. Below the state directory; for root, whose directories another user can
 * not enter, one of its own in `/var/lib/waybill`, which holds the state directory's path in `state-directory`.
 */
export async function postgresHome(stateDirectory: string, account: Account | undefined): Promise<string> {
  const home = postgresHomePath(stateDirectory, account);
  await mkdir(home, {recursive: true, mode: 0o700});
  if (account !== undefined) {
    await chmod('/var/lib/waybill', 0o755);
    await writeFile(join(home, 'state-directory'), `${stateDirectory}\n`);
    await chown(home, account.uid, account.gid);
  }
  return home;
}

export function postgresHomePath(stateDirectory: string, account: Account | undefined): string {
  if (account === undefined) return join(stateDirectory, 'postgres');
  const digest = createHash('sha256').update(stateDirectory).digest('hex').slice(0, 12);
  return join('/var/lib/waybill', `postgres-${digest}`);
}
