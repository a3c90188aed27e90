declare module 'fs-native-extensions' {
  /** False where another open file holds the lock. Linux: an open-file-description lock; macOS: the like by flock. */
  export function tryLock(fd: number): boolean;
  export function unlock(fd: number): void;
}
