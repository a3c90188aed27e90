import {createInterface} from 'node:readline/promises';
import type {CliContext} from '../context.js';

/** True where a person typed `yes` in full: what it accepts cannot be told from an attack by a machine. */
export async function askYes({stdin, stderr}: CliContext, question: string): Promise<boolean> {
  const reader = createInterface({input: stdin, output: stderr});
  try {
    // Where the input ends, no answer comes.
    const ended = new Promise<string>((resolve) => reader.once('close', () => resolve('')));
    return (await Promise.race([reader.question(question), ended])).trim().toLowerCase() === 'yes';
  } finally {
    reader.close();
  }
}
