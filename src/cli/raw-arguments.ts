import {isUtf8} from 'node:buffer';
import {readFileSync} from 'node:fs';
import {WaybillError} from '../contracts/errors.js';

const STAND_IN = '\uFFFD';

/**
 * Refuses an argument whose bytes are not UTF-8: Node has put U+FFFD in their place, and what is passed on would be
 * another argument. `raw` gives the arguments as the process was started with them, where the system tells; elsewhere
 * every argument with that character is refused.
 */
export function requireUtf8(argv: readonly string[], raw: () => readonly Uint8Array[] | undefined): void {
  if (!argv.some((argument) => argument.includes(STAND_IN))) return;
  const bytes = raw();
  for (const [index, argument] of argv.entries()) {
    const own = bytes?.[index];
    if (!argument.includes(STAND_IN) || (own !== undefined && isUtf8(own))) continue;
    const why =
      own === undefined
        ? 'holds U+FFFD, which stands for bytes that are not UTF-8'
        : `is not UTF-8 (its bytes are ${escaped(own)})`;
    throw new WaybillError('name.not-carried', `the argument ${JSON.stringify(argument)} ${why}`, {
      path: argument,
      remedy: 'Rename the file, or write the argument in UTF-8: other bytes cannot be passed on as they are.',
    });
  }
}

/** The last `count` arguments of this process, byte for byte; undefined where the system does not tell. */
export function rawArguments(count: number): readonly Uint8Array[] | undefined {
  try {
    const line = readFileSync('/proc/self/cmdline');
    const all: Uint8Array[] = [];
    for (let at = 0, end = line.indexOf(0); end !== -1; at = end + 1, end = line.indexOf(0, at)) {
      all.push(line.subarray(at, end));
    }
    return all.length < count ? undefined : all.slice(all.length - count);
  } catch {
    return undefined;
  }
}

function escaped(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}
