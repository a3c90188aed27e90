import type {z} from 'zod';
import {nearest} from '../contracts/nearest-name.js';
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
