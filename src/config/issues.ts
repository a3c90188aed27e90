import type {z} from 'zod';
import {type FieldPath, fieldAt} from './fields.js';

/** A sentence for each thing that is wrong, in the order of the fields. Values are never quoted: one may be a secret. */
export function* problems(
  issues: readonly z.core.$ZodIssue[],
  data: unknown,
): Generator<{readonly path: FieldPath; readonly sentence: string}> {
  for (const issue of issues) {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const names = Object.keys(fieldAt(path, data)?.properties ?? {});
        const meant = nearest(key, names);
        const hint = meant === undefined ? `known: ${names.join(', ')}` : `did you mean \`${meant}\`?`;
        yield {path: [...path, key], sentence: `unknown key (${hint})`};
      }
    } else if (issue.code === 'invalid_key') {
      yield {path, sentence: issue.issues.map(({message}) => message).join('; ')};
    } else {
      yield {path, sentence: lowerFirst(issue.message)};
    }
  }
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** The name that a slip of the finger away from `word`, or undefined where none is near enough. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  let best: {readonly name: string; readonly distance: number} | undefined;
  for (const name of names) {
    const distance = editDistance(word.toLowerCase(), name.toLowerCase());
    if (best === undefined || distance < best.distance) best = {name, distance};
  }
  return best !== undefined && best.distance <= Math.max(2, best.name.length / 3) ? best.name : undefined;
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
