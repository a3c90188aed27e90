import {setTimeout as delay} from 'node:timers/promises';
import {isDeepStrictEqual} from 'node:util';
import {hasCode, WaybillError} from '../../contracts/errors.js';
import {joinStorePath} from '../../stores/paths.js';
import type {ListedEntry, Store, StorePath} from '../../stores/store.js';
import {inParallel, QUESTIONS_AT_ONCE} from '../../stores/in-parallel.js';
import {type ClaimHolder, type DestinationClaim, destinationClaim, type FoundClaim, overlap} from './claim.js';

export type ClaimRequest = Omit<DestinationClaim, 'version' | 'state' | 'claimedAt'>;

const CLAIMS = 'claims';

/** A thousand paths of 8 KiB. */
const MAX_CLAIM_BYTES = 8 * 1024 * 1024;

/** Two that ask in the same moment both step back, each for a time of its own. */
const ROUNDS = 10;
const STEP_BACK_MS = 400;

/**
 * Keeps two copies from writing the same files at the same time. Each copy writes what it claims and then looks at the
 * claims of others: of two that come together at least one sees the other. A claim counts only while its holder lives.
 */
export class DestinationClaims {
  constructor(
    private readonly store: Store,
    /** Whether the holder still runs: what a dead one claims is free. */
    private readonly isAlive: (found: FoundClaim) => Promise<boolean>,
  ) {}

  /** Rejects with `transfer.destination-busy`. May be called again by the same holder. */
  async take(request: ClaimRequest, signal?: AbortSignal): Promise<void> {
    const key = keyOf(request.holder);
    if (await this.#has(key, request)) return;
    const claim = {version: 1 as const, ...request, claimedAt: new Date().toISOString()};
    for (let round = 1; ; round++) {
      signal?.throwIfAborted();
      await this.#write(key, {...claim, state: 'asking'});
      const others = await this.#others(key, request, signal);
      const [first] = others;
      if (first === undefined) {
        await this.#write(key, {...claim, state: 'held'});
        return;
      }
      await this.store.remove(key);
      const held = others.find((other) => other.state === 'held');
      if (held !== undefined || round === ROUNDS) throw busy(request, held ?? first);
      await delay(Math.random() * STEP_BACK_MS);
    }
  }

  /** An attempt before this one has it: to ask again would let others come first. */
  async #has(key: StorePath, request: ClaimRequest): Promise<boolean> {
    const bytes = await this.store.getObject(key, MAX_CLAIM_BYTES);
    const own = bytes === undefined ? undefined : parsed(bytes);
    return own?.state === 'held' && isDeepStrictEqual({...own, ...request}, own);
  }

  /** Tells others that a holder of another machine still lives. */
  async renew(request: ClaimRequest): Promise<void> {
    const claimedAt = new Date().toISOString();
    await this.#write(keyOf(request.holder), {version: 1, state: 'held', ...request, claimedAt});
  }

  async release(holder: ClaimHolder): Promise<void> {
    await this.store.remove(keyOf(holder));
  }

  async remove({key}: FoundClaim): Promise<void> {
    await this.store.remove(key);
  }

  /** What does not read as a claim is left out: its author was another version. */
  async all(signal?: AbortSignal): Promise<readonly FoundClaim[]> {
    const call = signal === undefined ? {} : {signal};
    const listed: ListedEntry[] = [];
    try {
      for await (const entry of this.store.list(CLAIMS, call)) if (entry.name.endsWith('.json')) listed.push(entry);
    } catch (error) {
      if (hasCode(error, 'store.not-found')) return [];
      throw error;
    }
    const found: FoundClaim[] = [];
    await inParallel(listed, QUESTIONS_AT_ONCE, async ({name, modifiedAt}) => {
      const key = joinStorePath(CLAIMS, name);
      const bytes = await this.store.getObject(key, MAX_CLAIM_BYTES, call);
      const claim = bytes === undefined ? undefined : parsed(bytes);
      if (claim !== undefined) found.push({key, claim, modifiedAt});
    });
    return found;
  }

  async #others(own: StorePath, request: ClaimRequest, signal?: AbortSignal): Promise<readonly DestinationClaim[]> {
    const others: DestinationClaim[] = [];
    for (const found of await this.all(signal)) {
      if (found.key === own || overlap(request, found.claim) === undefined) continue;
      if (await this.isAlive(found)) others.push(found.claim);
    }
    return others;
  }

  async #write(key: StorePath, claim: DestinationClaim): Promise<void> {
    await this.store.putObject(key, Buffer.from(JSON.stringify(claim)));
  }
}

/** One for each transfer, and one for each process: two that run the same command have the same id. */
function keyOf(holder: ClaimHolder): StorePath {
  const suffix = holder.kind === 'process' ? `.${holder.process.pid}` : '';
  return joinStorePath(CLAIMS, `${holder.id}${suffix}.json`);
}

function parsed(bytes: Uint8Array): DestinationClaim | undefined {
  try {
    return destinationClaim.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    return undefined;
  }
}

function busy(request: ClaimRequest, other: DestinationClaim): WaybillError {
  const {one = '', other: there = ''} = overlap(request, other) ?? {};
  const {holder} = other;
  const who = holder.kind === 'workflow' ? `the copy ${holder.id}` : `a copy in process ${holder.process.pid}`;
  const what = one === there ? one : `${there}, and ${one} is asked for`;
  return new WaybillError('transfer.destination-busy', `${who} is writing ${what}`, {
    path: there,
    found: holder.id,
    remedy:
      holder.kind === 'workflow'
        ? `Wait for it, \`waybill transfers ${holder.id}\`, or add --wait.`
        : 'Wait for its end, or add --wait.',
  });
}
