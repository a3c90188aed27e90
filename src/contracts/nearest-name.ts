/** Changes, additions and losses of a character that a hint may be away: a third of a long name. */
const HINT = (name: string): number => Math.max(2, name.length / 3);

/** The name that is a slip of the finger away from `word`, or undefined where none is within `most` of it. */
export function nearest(word: string, names: readonly string[], most = HINT): string | undefined {
  let best: {readonly name: string; readonly distance: number} | undefined;
  for (const name of names) {
    const distance = editDistance(word.toLowerCase(), name.toLowerCase());
    if (best === undefined || distance < best.distance) best = {name, distance};
  }
  return best !== undefined && best.distance <= most(best.name) ? best.name : undefined;
}

/** Levenshtein's distance, a row at a time. */
function editDistance(left: string, right: string): number {
  let row = Array.from({length: right.length + 1}, (_, index) => index);
  for (let i = 0; i < left.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < right.length; j += 1) {
      const replaced = (row[j] ?? 0) + (left[i] === right[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
