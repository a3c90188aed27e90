import {createInterface} from 'node:readline/promises';
import type {CliContext} from '../context.js';

/** True where a person typed `yes` in full: what it accepts cannot be told from an attack by a machine. */
export async function askYes({stdin, stderr}: CliContext, question: string): Promise<boolean> {
  const reader = createInterface({input: stdin, output: stderr});
  try {
    return (await reader.question(question)).trim().toLowerCase() === 'yes';
  } finally {
    reader.close();
  }
}
