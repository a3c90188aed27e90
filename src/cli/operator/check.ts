import {type CheckOptions, check} from '../../transfer/copy/check.js';
import type {CopyPlace} from '../../transfer/copy/locate.js';
import type {CliContext} from '../context.js';
import {concludeCheck, showChecked} from '../copy/check-report.js';
import {Screen} from '../terminal/screen.js';
import {openDirectPlaces} from './direct-places.js';

export interface DirectCheck {
  readonly sources: readonly string[];
  readonly destination: string;
  readonly options: Omit<CheckOptions, 'signal'>;
  readonly json: boolean;
}

/** Compares both sides in this process. Ends with 1 where anything is missing or differs. */
export async function checkDirectly(context: CliContext, order: DirectCheck): Promise<number> {
  const screen = new Screen(context);
  const places = await openDirectPlaces(context);
  const counts = {same: 0, missing: 0, differs: 0, refused: 0};
  try {
    const sources: CopyPlace[] = [];
    for (const text of order.sources) sources.push(await places.place(text));
    const destination = await places.place(order.destination);
    for await (const entry of check(sources, destination, {...order.options, signal: places.signal})) {
      counts[entry.state] += 1;
      await showChecked(screen, order.json, entry);
    }
  } finally {
    await places.close();
  }
  return concludeCheck(screen, order.json, counts);
}
