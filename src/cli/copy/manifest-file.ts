import {createWriteStream} from 'node:fs';
import {pipeline} from 'node:stream/promises';
import type {TransferOutcome} from '../../contracts/catalog.js';

/** One JSON object a line, as they come. */
export async function writeManifest(
  path: string,
  outcomes: AsyncIterable<TransferOutcome> | Iterable<TransferOutcome>,
): Promise<void> {
  await pipeline(outcomes, lines, createWriteStream(path));
}

async function* lines(outcomes: AsyncIterable<TransferOutcome> | Iterable<TransferOutcome>): AsyncGenerator<string> {
  for await (const outcome of outcomes) yield `${JSON.stringify(outcome)}\n`;
}
