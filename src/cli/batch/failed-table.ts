import type {BatchOutcome} from '../../contracts/batch.js';
import {printable, printableText} from '../terminal/printable.js';
import {formatTable} from '../terminal/table.js';
import {truncate} from '../terminal/bar.js';

/** Lines of a table that somebody still reads. */
const SHOWN = 100;
const REASON_WIDTH = 100;

/** What did not succeed: the input, its execution, and why. */
export function formatFailed(failed: readonly BatchOutcome[], batchId: string): string {
  const rows = failed.slice(0, SHOWN).map((outcome) => [printable(outcome.input), outcome.id, reason(outcome)]);
  const table = formatTable(['INPUT', 'EXECUTION', 'REASON'], rows);
  const more = failed.length - rows.length;
  return more > 0 ? `${table}\nand ${more} more: waybill batch ${batchId} --json` : table;
}

function reason({code, exitStatus, message, outcome}: BatchOutcome): string {
  if (code === 'execution.command-failed' && exitStatus !== undefined) return `exited with ${exitStatus}`;
  const text = printableText(message ?? outcome).replaceAll('\n', ' ');
  return `${truncate(text, REASON_WIDTH)}${code === undefined ? '' : ` (${code})`}`;
}
