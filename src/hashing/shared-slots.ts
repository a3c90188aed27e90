/** Larger pieces cost fewer messages: measured, 64 KiB hash at 0.7 times the speed of 1 MiB. */
export const SLOT_BYTES = 1024 * 1024;

/** Freed slots that are kept for the next hasher; more than these are left to the garbage collector. */
const KEPT = 16;

const free: SharedArrayBuffer[] = [];

/** Memory that threads see without a copy. Whoever takes a slot gives it back when no thread reads it any more. */
export function takeSlot(): SharedArrayBuffer {
  return free.pop() ?? new SharedArrayBuffer(SLOT_BYTES);
}

export function giveBackSlot(slot: SharedArrayBuffer): void {
  if (free.length < KEPT) free.push(slot);
}
