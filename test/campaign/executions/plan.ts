import {Random} from '../random.js';

export const PHASES = ['staging', 'between', 'running', 'collecting'] as const;
export type Phase = (typeof PHASES)[number];
export const KINDS = ['worker-kill', 'sshd-kill', 'temporal-kill', 'freeze'] as const;
export type Kind = (typeof KINDS)[number];
export const TARGETS = ['local', 'gpu'] as const;
export type TargetName = (typeof TARGETS)[number];

export interface Strike {
  readonly kind: Kind;
  readonly phase: Phase;
  /** Which execution is looked at first. */
  readonly victim: number;
  /** How far the phase has come: of the largest file's bytes, or of the command's time. */
  readonly fraction: number;
  /** Milliseconds after the end of a step was seen; only where the phase is `between`. */
  readonly afterMs: number;
}

export interface JobPlan {
  readonly target: TargetName;
  /** Bytes by name. */
  readonly files: Readonly<Record<string, number>>;
  readonly largest: number;
  readonly runMs: number;
}

export interface Round {
  readonly number: number;
  readonly jobs: readonly JobPlan[];
  readonly strikes: readonly Strike[];
}

const MIB = 1024 * 1024;

/** What one round does, decided by the seed and its number alone, so that it can be done again by itself. */
export function planRound(
  seed: number,
  number: number,
  targets: readonly TargetName[],
  phases: readonly Phase[],
): Round {
  const random = new Random(Math.imul(seed, 0x9e3779b1) + number * 7919);
  const jobs = Array.from({length: random.whole(2, 4)}, (_, index) => {
    // Every target is in every round, so that no phase of it has to be waited for.
    const target = targets[index % targets.length] ?? random.pick(targets);
    return planJob(random, target);
  });
  const strikes = phases.flatMap((phase) => [
    ...Array.from({length: 2}, () => planStrike(random, 'worker-kill', phase)),
    ...furtherKinds(random, phase, jobs).map((kind) => planStrike(random, kind, phase)),
  ]);
  return {number, jobs, strikes};
}

/** On the local target nothing slows the bytes down: its files are larger. */
function planJob(random: Random, target: TargetName): JobPlan {
  const largest = Math.round(random.between(20, 44) * MIB) * (target === 'local' ? 2 : 1);
  const files: Record<string, number> = {'large.bin': largest, 'empty file': 0};
  for (let middle = random.whole(0, 2); middle > 0; middle -= 1)
    files[`tree/middle-${middle}.bin`] = Math.round(random.between(1, 9) * MIB);
  for (let small = random.whole(1, 40); small > 0; small -= 1) files[`tree/small/${small}`] = random.whole(0, 20_000);
  return {target, files, largest, runMs: Math.round(random.between(1500, 4000))};
}

function planStrike(random: Random, kind: Kind, phase: Phase): Strike {
  return {
    kind,
    phase,
    victim: random.whole(0, 3),
    fraction: random.between(0.05, 0.95),
    afterMs: random.between(0, 45),
  };
}

/** Sessions are cut where bytes move; a freeze takes eight seconds, so that it is rare. */
function furtherKinds(random: Random, phase: Phase, jobs: readonly JobPlan[]): readonly Kind[] {
  const kinds: Kind[] = [];
  const moves = phase === 'staging' || phase === 'collecting';
  if (moves && jobs.some(({target}) => target === 'gpu') && random.fraction() < 0.3) kinds.push('sshd-kill');
  if (random.fraction() < 0.12) kinds.push('temporal-kill');
  if (phase !== 'between' && random.fraction() < 0.08) kinds.push('freeze');
  return kinds;
}
