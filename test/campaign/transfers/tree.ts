import type {Random} from '../random.js';

export interface PlannedEntry {
  readonly kind: 'file' | 'directory' | 'link';
  readonly mode: number;
  /** Seconds since 1970, which every store keeps. */
  readonly modifiedAt: number;
  /** Bytes; 0 for everything but a file. */
  readonly size: number;
  /** Of a link. */
  readonly target?: string;
}

/** By name, `/` between components; directories before what is in them. */
export type Tree = ReadonlyMap<string, PlannedEntry>;

const MIB = 1024 * 1024;

const NAMES = [
  ...['-rf', 'with space', " it's", 'back\\slash', '$(reboot)', '`id`', '*', '?[a-z]', '{a,b}', '~', '#hash?'],
  ...['%2e%2e', 'a+b&c=d;e|f', 'ümläut-日本', 'e\u0301', '\u00e9', '.hidden', 'Case', 'case', '🚢', 'x'.repeat(200)],
  ...['plain', 'data.csv', 'weights.bin', '"quoted"'],
] as const;

/** No key of S3 holds them. */
const CONTROLS = ['new\nline', 'tab\there', '\u0001', 'cr\r'] as const;

const FILE_MODES = [0o644, 0o600, 0o755, 0o640, 0o444, 0o400] as const;
const DIRECTORY_MODES = [0o755, 0o700, 0o750] as const;

/** A tree of hostile names, with empty files and directories, many small files and at most one of several blocks. */
export function planTree(
  random: Random,
  {controls, links}: {readonly controls: boolean; readonly links: boolean},
): Tree {
  const names = controls ? [...NAMES, ...CONTROLS] : NAMES;
  const tree = new Map<string, PlannedEntry>();
  const directories = [''];
  const free = (): string => {
    for (;;) {
      const parent = random.pick(directories);
      const name = random.fraction() < 0.5 ? random.pick(names) : `n${random.whole(0, 9999)}`;
      const path = parent === '' ? name : `${parent}/${name}`;
      // A key of S3 has 1,024 bytes, part of which are prefix and directory.
      if (!tree.has(path) && Buffer.byteLength(path) < 600) return path;
    }
  };
  const at = () => 1_500_000_000 + random.whole(0, 200_000_000);
  const addFile = (size: number) => {
    const entry = {kind: 'file', mode: random.pick(FILE_MODES), modifiedAt: at(), size} as const;
    tree.set(free(), entry);
  };
  for (let count = random.whole(1, 6); count > 0; count -= 1) {
    const path = free();
    tree.set(path, {kind: 'directory', mode: random.pick(DIRECTORY_MODES), modifiedAt: at(), size: 0});
    directories.push(path);
  }
  for (let count = random.whole(2, 40); count > 0; count -= 1) addFile(smallSize(random));
  for (let count = random.whole(1, 4); count > 0; count -= 1) addFile(random.whole(200_000, MIB));
  for (let count = random.pick([0, 1]); count > 0; count -= 1) addFile(random.whole(9 * MIB, 14 * MIB));
  if (links) for (let count = random.whole(0, 3); count > 0; count -= 1) addLink(tree, free, random, at());
  return tree;
}

function smallSize(random: Random): number {
  const kind = random.fraction();
  if (kind < 0.1) return 0;
  return kind < 0.7 ? random.whole(1, 4_096) : random.whole(1, 200_000);
}

/** To a name beside it, there or not. */
function addLink(tree: Map<string, PlannedEntry>, free: () => string, random: Random, modifiedAt: number): void {
  const path = free();
  const parent = path.slice(0, path.lastIndexOf('/') + 1);
  const beside = [...tree.keys()].filter((name) => name.startsWith(parent) && !name.slice(parent.length).includes('/'));
  const target = beside.length === 0 ? 'nothing' : random.pick(beside).slice(parent.length);
  tree.set(path, {kind: 'link', mode: 0o777, modifiedAt, size: 0, target});
}

export function bytesOf(tree: Tree): number {
  return [...tree.values()].reduce((sum, {size}) => sum + size, 0);
}
