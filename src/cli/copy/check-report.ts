import type {CheckCounts, CheckedName} from '../../contracts/store.js';
import {EXIT} from '../exit-codes.js';
import {printable, printableText} from '../terminal/printable.js';
import type {Screen} from '../terminal/screen.js';

/** One entry of `check`: with `json` each, otherwise what is not the same. */
export async function showChecked(screen: Screen, json: boolean, entry: CheckedName): Promise<void> {
  if (json) await screen.result(JSON.stringify(entry));
  else if (entry.state !== 'same') {
    const why = entry.why === undefined ? '' : `: ${printableText(entry.why)}`;
    await screen.result(`${entry.state}  ${printable(entry.name)}${why}`);
  }
}

/** Says how many there are of each, and answers with the exit status. */
export function concludeCheck(screen: Screen, json: boolean, counts: CheckCounts): number {
  const {same, missing, differs, refused} = counts;
  if (!json) screen.line(`${same} the same, ${missing} missing, ${differs} different, ${refused} not compared`);
  return missing + differs === 0 ? EXIT.ok : EXIT.checkFailed;
}
