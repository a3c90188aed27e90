import {mkdir, open} from 'node:fs/promises';
import {dirname} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import native from 'fs-native-extensions';

export interface FileLock {
  /** Gives the lock back; calling it again does nothing. The file stays: removing it would let two holders in. */
  release(): Promise<void>;
}

/**
 * Takes an exclusive lock that the kernel releases when this process ends, however it ends. The file is created (0600)
 * with its directories (0700). Undefined where another process, or another call in this one, holds it.
 *
 * The file has to lie on a local file system: some network file systems grant such a lock twice.
 */
export async function acquireFileLock(path: string): Promise<FileLock | undefined> {
  await mkdir(dirname(path), {recursive: true, mode: 0o700});
  const file = await open(path, 'a+', 0o600);
  try {
    if (!native.tryLock(file.fd)) {
      await file.close();
      return undefined;
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  let held = true;
  return {
    async release() {
      if (!held) return;
      held = false;
      await file.close();
    },
  };
}

export interface WaitOptions {
  readonly signal?: AbortSignal;
  /** Called once, when another process turns out to hold the lock. */
  readonly onWait?: () => void;
}

/** Waits for the lock, asking every 200 ms; rejects with the signal's reason. */
export async function waitForFileLock(path: string, options: WaitOptions = {}): Promise<FileLock> {
  for (let waited = false; ; waited = true) {
    options.signal?.throwIfAborted();
    const lock = await acquireFileLock(path);
    if (lock !== undefined) return lock;
    if (!waited) options.onWait?.();
    // The timer rejects with an AbortError of its own; the check above throws the reason as it was given.
    await delay(200, undefined, options.signal === undefined ? {} : {signal: options.signal}).catch(() => undefined);
  }
}
