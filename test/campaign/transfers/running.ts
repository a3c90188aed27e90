import type {TransferHandle} from '../../../src/client/api.js';
import type {TransferResult} from '../../../src/contracts/transfer.js';
import {Random} from '../random.js';
import type {Lab} from './lab.js';
import type {Digests} from './place.js';
import type {TransferPlan} from './plan.js';
import type {Tree} from './tree.js';

/** A transfer whose tree lies at its source. */
export interface Prepared {
  readonly id: string;
  readonly plan: TransferPlan;
  /** Of the source. */
  readonly digests: Digests;
  /** Of what lay at the destination before. */
  readonly replaced: Digests;
  /** Directories at the two places. */
  readonly source: string;
  readonly destination: string;
}

/** A transfer under way. */
export interface Running extends Prepared {
  readonly handle: TransferHandle;
  /** Names of the tree that were seen at the destination with their new content, by whoever watches. */
  readonly arrived: Set<string>;
  /** Undefined while it goes on. */
  readonly settled: () => TransferResult | Error | undefined;
  readonly result: Promise<TransferResult>;
}

/** Files of other content, under the names of some that are to arrive. */
const REPLACED_SHARE = 0.3;

export async function prepareTransfer(lab: Lab, id: string, plan: TransferPlan): Promise<Prepared> {
  const [from, to] = [lab.places[plan.from], lab.places[plan.to]];
  const [source, destination] = [`${roundOf(id)}/${id}/from`, `${roundOf(id)}/${id}/to`];
  const digests = await from.fill(source, plan.tree);
  const replaced = plan.replaces ? await to.fill(destination, olderTree(plan.tree)) : new Map<string, string>();
  return {id, plan, digests, replaced, source, destination};
}

/**
 * Each of the three strikes of a round may end an attempt at the plan before it gets further, where the machine is slow:
 * the default of three would end the copy, as it should.
 */
const RETRIES = 5;

export async function startTransfer(lab: Lab, prepared: Prepared): Promise<Running> {
  const {id, plan, source, destination} = prepared;
  const handle = await lab.stack.client.copy({
    id,
    sources: [`${lab.places[plan.from].location(source)}/`],
    destination: lab.places[plan.to].location(destination),
    options: {hidden: true, symlinks: plan.symlinks, limitRate: plan.limitRate, parallel: 2, retries: RETRIES},
  });
  const result = handle.result();
  let settled: TransferResult | Error | undefined;
  result.then(
    (value) => (settled = value),
    (error: unknown) => (settled = error instanceof Error ? error : new Error(String(error))),
  );
  return {...prepared, handle, arrived: new Set(), result, settled: () => settled};
}

/** The directory of everything in one round. */
export function roundOf(id: string): string {
  return id.slice(0, id.lastIndexOf('-'));
}

/** Of other sizes, so that a listing tells the old from the new. */
function olderTree(tree: Tree): Tree {
  const random = new Random(tree.size);
  const chosen = [...tree].filter(
    ([, {kind, size}]) => kind === 'file' && size < 100_000 && random.fraction() < REPLACED_SHARE,
  );
  const directories = [...tree].filter(
    ([name, {kind}]) => kind === 'directory' && chosen.some(([file]) => file.startsWith(`${name}/`)),
  );
  return new Map([...directories, ...chosen.map(([name, entry]) => [name, {...entry, size: entry.size + 7}] as const)]);
}
