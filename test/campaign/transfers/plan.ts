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

/** How often each is dealt, against the others. What hits everything is dealt more often; a freeze takes seven seconds. */
const WEIGHTS: Readonly<Record<Kind, number>> = {
  ...{'worker-kill': 5, 'worker-loss': 2, 'worker-freeze': 2, damage: 4, 'temporal-kill': 2, 'sshd-kill': 3},
  ...{'s3-kill': 4, 'line-cut': 4, 'line-reset': 3, 'line-silence': 2, 'line-slow': 2},
};

export interface Strike {
  readonly kind: Kind;
  /** The line or server that is struck, where the kind has several. */
  readonly line: LineName;
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
  const transfers = Array.from({length: random.whole(12, 16)}, (_, index) => planTransfer(random, number + index));
  const strikes = Array.from({length: 3}, () => planStrike(random));
  return {number, transfers, strikes};
}

/** Every pair comes as often as the others. */
function planTransfer(random: Random, index: number): TransferPlan {
  const pair = (index * 7) % (PLACES.length * PLACES.length);
  const [from = 'disk', to = 'disk'] = [PLACES[pair % PLACES.length], PLACES[Math.floor(pair / PLACES.length)]];
  const onS3 = isS3(from) || isS3(to);
  const tree = planTree(random, {controls: !onS3, links: !isS3(from)});
  const seconds = random.between(5, 11);
  return {
    ...{from, to, tree, symlinks: onS3 ? 'skip' : 'copy', replaces: random.fraction() < 0.3},
    limitRate: Math.max(200_000, Math.round(bytesOf(tree) / seconds)),
  };
}

function planStrike(random: Random): Strike {
  let left = random.between(
    0,
    KINDS.reduce((sum, kind) => sum + WEIGHTS[kind], 0),
  );
  const kind = KINDS.find((candidate) => (left -= WEIGHTS[candidate]) < 0) ?? 'worker-kill';
  return {
    kind,
    line: kind === 's3-kill' ? random.pick(['minio', 'versity']) : random.pick(LINES),
    afterMs: random.whole(0, 1_200),
    forMs: random.whole(200, 1_500),
    seed: random.whole(0, 1_000_000),
  };
}

export function isS3(place: PlaceName): boolean {
  return place === 'minio' || place === 'versity';
}
