import {Random} from '../random.js';
import {bytesOf, planTree, type Tree} from './tree.js';

export const PLACES = ['disk', 'ssh', 'minio', 'versity'] as const;
export type PlaceName = (typeof PLACES)[number];
/** What a line leads to: everything but the worker's own disk. */
export const LINES = ['ssh', 'minio', 'versity'] as const;
export type LineName = (typeof LINES)[number];

export const KINDS = [
  'worker-kill',
  'worker-loss',
  'worker-freeze',
  'damage',
  'temporal-kill',
  'sshd-kill',
  's3-kill',
  'line-cut',
  'line-reset',
  'line-silence',
  'line-slow',
] as const;
export type Kind = (typeof KINDS)[number];

/** What takes away a worker or the Temporal server, and how often against the others; a freeze takes six seconds. */
const INSIDE: readonly Kind[] = [
  ...(['worker-kill', 'worker-kill', 'worker-kill', 'worker-loss', 'worker-loss', 'worker-freeze'] as const),
  ...(['damage', 'damage', 'damage', 'temporal-kill', 'temporal-kill'] as const),
];
/** What takes away a place or the line to it. */
const OUTSIDE: readonly Kind[] = [
  ...(['sshd-kill', 's3-kill', 's3-kill', 'line-cut', 'line-cut', 'line-reset', 'line-silence', 'line-slow'] as const),
];

export interface Strike {
  readonly kind: Kind;
  /** The lines or servers that are struck at once, where the kind has several. */
  readonly lines: readonly LineName[];
  /** Milliseconds after everything has gone on since the last strike. */
  readonly afterMs: number;
  /** How long what is struck stays away, in milliseconds. */
  readonly forMs: number;
  /** Decides what is damaged, and how. */
  readonly seed: number;
}

export interface TransferPlan {
  readonly from: PlaceName;
  readonly to: PlaceName;
  readonly tree: Tree;
  /** Bytes a second. */
  readonly limitRate: number;
  readonly symlinks: 'copy' | 'skip';
  /** Whether files of other content lie at the destination under some of the names. */
  readonly replaces: boolean;
}

export interface Round {
  readonly number: number;
  readonly transfers: readonly TransferPlan[];
  readonly strikes: readonly Strike[];
}

/** What one round does, decided by the seed and its number alone, so that it can be done again by itself. */
export function planRound(seed: number, number: number): Round {
  const random = new Random(Math.imul(seed, 0x9e3779b1) + number * 7919);
  const transfers = Array.from({length: random.whole(40, 48)}, (_, index) => planTransfer(random, number * 5 + index));
  const kinds = [...[random.pick(INSIDE), random.pick(OUTSIDE)], random.pick([...INSIDE, ...OUTSIDE])];
  if (random.fraction() < 0.5) kinds.reverse();
  return {number, transfers, strikes: kinds.map((kind) => planStrike(random, kind))};
}

/** Every pair comes as often as the others. */
function planTransfer(random: Random, index: number): TransferPlan {
  const pair = (index * 7) % (PLACES.length * PLACES.length);
  const [from = 'disk', to = 'disk'] = [PLACES[pair % PLACES.length], PLACES[Math.floor(pair / PLACES.length)]];
  const onS3 = isS3(from) || isS3(to);
  const tree = planTree(random, {controls: !onS3, links: !isS3(from)});
  const seconds = random.between(20, 36);
  return {
    ...{from, to, tree, symlinks: onS3 ? 'skip' : 'copy', replaces: random.fraction() < 0.3},
    limitRate: Math.max(50_000, Math.round(bytesOf(tree) / seconds)),
  };
}

function planStrike(random: Random, kind: Kind): Strike {
  const possible: readonly LineName[] = kind === 's3-kill' ? ['minio', 'versity'] : LINES;
  const first = random.pick(possible);
  return {
    kind,
    lines: possible.filter((line) => line === first || random.fraction() < 0.5),
    afterMs: random.whole(0, 1_200),
    forMs: random.whole(200, 1_500),
    seed: random.whole(0, 1_000_000),
  };
}

export function isS3(place: PlaceName): boolean {
  return place === 'minio' || place === 'versity';
}
