import {open} from 'node:fs/promises';
import {extname} from 'node:path';

const INTERPRETERS: ReadonlyMap<string, string> = new Map([
  ['.py', 'python3'],
  ['.sh', 'sh'],
  ['.bash', 'bash'],
  ['.js', 'node'],
  ['.mjs', 'node'],
  ['.rb', 'ruby'],
  ['.pl', 'perl'],
  ['.R', 'Rscript'],
]);

/** Linux reads no more of the line than this. */
const SHEBANG_BYTES = 256;

/** The program of the target's PATH for files with this ending. */
export function interpreterOf(path: string): string | undefined {
  return INTERPRETERS.get(extname(path));
}

/** The interpreter of `#!`, and the rest of its line as one argument, as the kernel gives it. */
export async function shebangOf(path: string): Promise<readonly string[] | undefined> {
  const file = await open(path, 'r');
  try {
    const {buffer, bytesRead} = await file.read(Buffer.alloc(SHEBANG_BYTES), 0, SHEBANG_BYTES, 0);
    const [line = ''] = buffer.subarray(0, bytesRead).toString().split('\n');
    const [, program, rest] = /^#![ \t]*([^\s]+)(?:[ \t]+(.*?))?\s*$/.exec(line) ?? [];
    if (program === undefined) return undefined;
    return rest === undefined || rest === '' ? [program] : [program, rest];
  } finally {
    await file.close();
  }
}
