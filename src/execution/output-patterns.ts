import picomatch from 'picomatch';
import {WaybillError} from '../contracts/errors.js';

export type OutputPattern = (name: string) => boolean;

/**
 * A pattern of the names below the working directory: `*` within a component, `**` across, hidden names included. A
 * pattern that names a directory takes everything in it; one that is exactly a name takes that file, whatever
 * characters it has. Rejects with `input.invalid` what leaves the working directory.
 */
export function outputPattern(pattern: string): OutputPattern {
  const plain = pattern.replace(/^(?:\.\/+)+/, '').replace(/\/+$/, '');
  if (plain === '.' || plain === '') return () => true;
  if (plain.startsWith('/') || plain.split('/').includes('..')) {
    throw new WaybillError('input.invalid', `the pattern ${JSON.stringify(pattern)} leaves the working directory`);
  }
  const matches = picomatch([plain, `${plain}/**`], {dot: true});
  return (name) => name === plain || name.startsWith(`${plain}/`) || matches(name);
}

/** True for the names to keep: all where no pattern is given; what is demanded is kept as well. */
export function outputFilter(outputs: readonly string[], required: readonly string[]): OutputPattern {
  if (outputs.length === 0) return () => true;
  const patterns = [...outputs, ...required].map(outputPattern);
  return (name) => patterns.some((matches) => matches(name));
}

/** The patterns of `required` that match none of `names`. */
export function missingPatterns(required: readonly string[], names: readonly string[]): string[] {
  return required.filter((pattern) => !names.some(outputPattern(pattern)));
}
