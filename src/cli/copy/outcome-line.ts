import type {TransferOutcome} from '../../contracts/catalog.js';
import {formatBytes} from '../terminal/bar.js';
import {printable, printableText} from '../terminal/printable.js';

/** One line: what became of it and its size first, so that names may hold anything. */
export function formatOutcome(outcome: TransferOutcome): string {
  const head = outcome.outcome.padEnd(10);
  const name = printable(outcome.name);
  if (outcome.outcome === 'left-out' || outcome.outcome === 'failed') {
    return `${head} ${'-'.padStart(9)}  ${name}: ${printableText(outcome.message)} (${outcome.code})`;
  }
  const size = outcome.kind === 'file' ? formatBytes(outcome.size) : outcome.kind;
  return `${head} ${size.padStart(9)}  ${name}${outcome.note === undefined ? '' : `: ${printableText(outcome.note)}`}`;
}
