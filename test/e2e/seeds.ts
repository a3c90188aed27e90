/** Set `WAYBILL_FAULT_SEED` to the number that a failed test names, to see the same instances again. Default 1. */
export const faultSeed = Number(process.env['WAYBILL_FAULT_SEED'] ?? '1');

/** Numbers from 0 to below 1, the same for the same seed and name. */
export function randomOf(name: string, seed = faultSeed): () => number {
  let state = seed;
  for (const character of name) state = (Math.imul(state, 31) + (character.codePointAt(0) ?? 0)) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from `least` to `most`. */
export function between(random: () => number, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}
