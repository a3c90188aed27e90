import {hasCode} from '../../src/contracts/errors.js';
import type {ListedStoreEntry, ParsedStoreQuestion, StoreAnswer} from '../../src/contracts/store.js';
import {mapInParallel, QUESTIONS_AT_ONCE} from '../../src/stores/in-parallel.js';
import {joinStorePath, splitStorePath} from '../../src/stores/paths.js';
import type {ListedEntry} from '../../src/stores/store.js';
import {byNameBytes} from '../../src/transfer/name-order.js';
import {entryAt, type Place} from './place.js';
import {described, facts} from './tell.js';

type ListQuestion = Extract<ParsedStoreQuestion, {ask: 'list'}>;
type Cursor = NonNullable<ListQuestion['after']>;

/** Characters of JSON after which a page ends: well below what Temporal takes for one payload, whatever the names. */
const PAGE_CHARACTERS = 700_000;

/** One page of a directory, or the entry of what is none. */
export async function listPage(
  place: Place,
  {limit, after}: ListQuestion,
  signal: AbortSignal,
): Promise<StoreAnswer & {ask: 'list'}> {
  const {store, path} = place;
  const there = path === '' ? undefined : await entryAt(place, signal);
  const alone = async (): Promise<StoreAnswer & {ask: 'list'}> => {
    const entry = await described(place, there ?? (await entryAt(place, signal)), signal);
    return {ask: 'list', entries: [{...entry, name: splitStorePath(path)?.name ?? ''}]};
  };
  if (there !== undefined && there.kind !== 'directory' && there.kind !== 'link') return await alone();
  let page: Page;
  try {
    page = await smallest(store.list(path, {signal}), limit, after);
  } catch (error) {
    // A link that names no directory is shown itself.
    if (there?.kind === 'link' && hasCode(error, 'store.not-a-directory', 'store.not-found', 'name.outside-root'))
      return await alone();
    throw error;
  }
  const told = await mapInParallel(page.entries, QUESTIONS_AT_ONCE, async (entry): Promise<ListedStoreEntry> => {
    const {name} = entry;
    if (entry.unrepresentable) return {...facts(entry), name, unrepresentable: true};
    return {...(await described({store, path: joinStorePath(path, name)}, entry, signal)), name};
  });
  const entries: ListedStoreEntry[] = [];
  let characters = 0;
  for (const shown of told) {
    characters += JSON.stringify(shown).length;
    if (entries.length > 0 && characters > PAGE_CHARACTERS) break;
    entries.push(shown);
  }
  const last = entries.at(-1);
  if (last === undefined || (!page.more && entries.length === page.entries.length)) return {ask: 'list', entries};
  return {ask: 'list', entries, next: cursorAfter(last.name, entries, after)};
}

interface Page {
  readonly entries: readonly ListedEntry[];
  readonly more: boolean;
}

/** The first `limit` entries by name after `after`. Holds twice as many at most, whatever the directory holds. */
export async function smallest(
  listing: AsyncIterable<ListedEntry>,
  limit: number,
  after: Cursor | undefined,
): Promise<Page> {
  const skip = after?.count ?? 0;
  const most = limit + skip + 1;
  let kept: ListedEntry[] = [];
  const cut = () => {
    kept = kept.sort((a, b) => byNameBytes(a.name, b.name)).slice(0, most);
  };
  for await (const entry of listing) {
    if (after !== undefined && byNameBytes(entry.name, after.name) < 0) continue;
    kept.push(entry);
    if (kept.length >= 2 * most) cut();
  }
  cut();
  const seen = kept.filter(({name}, index) => name === after?.name && index < skip).length;
  return {entries: kept.slice(seen, seen + limit), more: kept.length > seen + limit};
}

/** Names that are not carried may be equal: the cursor counts how many of the last one were shown. */
function cursorAfter(name: string, shown: readonly ListedStoreEntry[], before: Cursor | undefined): Cursor {
  const count = shown.filter((entry) => entry.name === name).length;
  return {name, count: count + (before?.name === name ? before.count : 0)};
}
