import {hasCode} from '../../contracts/errors.js';
import {
  type IssuedTickets,
  MAX_TICKETS_PER_BATCH,
  type TicketBatch,
  type TicketRequest,
} from '../../contracts/tickets.js';
import type {CallOptions} from '../../stores/store.js';
import type {PresignableRequest, PresignedUrls} from '../../stores/s3/presign.js';

/** Batches under way: a second one is on its way while the first is signed, and what comes meanwhile goes together. */
const BATCHES_AT_ONCE = 2;

/** Of what was announced, so many are asked for beside what is needed now. */
const ANNOUNCED_PER_BATCH = 200;

/** URLs for reading are used again, for other ranges too: one is kept until a tenth of its time is left. */
const KEPT_SHARE = 0.9;
const MOST_KEPT = 20_000;

interface Waiting {
  readonly request: TicketRequest;
  readonly resolve: (url: string) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers requests for tickets into batches, and keeps those that can be used again. */
export class TicketUrls implements PresignedUrls {
  readonly #issue: (batch: TicketBatch) => Promise<IssuedTickets>;
  readonly #kept = new Map<string, {readonly url: string; readonly until: number}>();
  readonly #announced = new Map<string, TicketRequest>();
  #waiting: Waiting[] = [];
  #underWay = 0;
  #begun = false;

  constructor(issue: (batch: TicketBatch) => Promise<IssuedTickets>) {
    this.#issue = issue;
  }

  /** Names what will be read soon: it is asked for with the next batch, where there is room. */
  announce(keys: readonly string[]): void {
    for (const key of keys) {
      const request = asked({method: 'GET', key, headers: {}});
      this.#announced.set(nameOf(request), request);
    }
  }

  async presigned(
    presignable: PresignableRequest,
    {refused, signal}: CallOptions & {readonly refused?: string},
  ): Promise<string> {
    signal?.throwIfAborted();
    const request = asked(presignable);
    const name = nameOf(request);
    const kept = this.#kept.get(name);
    if (kept !== undefined && kept.url !== refused && kept.until > performance.now()) return kept.url;
    this.#kept.delete(name);
    this.#announced.delete(name);
    const url = await new Promise<string>((resolve, reject) => {
      this.#waiting.push({request, resolve, reject});
      this.#begin();
    });
    signal?.throwIfAborted();
    return url;
  }

  /** What else is asked for in the same turn of the event loop goes into the same batch. */
  #begin(): void {
    if (this.#begun || this.#waiting.length === 0 || this.#underWay >= BATCHES_AT_ONCE) return;
    this.#begun = true;
    setImmediate(() => {
      this.#begun = false;
      void this.#batch();
      this.#begin();
    });
  }

  async #batch(): Promise<void> {
    const batch = this.#waiting.splice(0, MAX_TICKETS_PER_BATCH);
    const ahead = this.#ahead(Math.min(ANNOUNCED_PER_BATCH, MAX_TICKETS_PER_BATCH - batch.length));
    this.#underWay++;
    try {
      await this.#ask(batch, ahead);
    } finally {
      this.#underWay--;
      this.#begin();
    }
  }

  /** One request that is refused takes the whole batch with it, and the answer does not say which: halves find it. */
  async #ask(batch: readonly Waiting[], ahead: readonly TicketRequest[]): Promise<void> {
    const requests = [...batch.map(({request}) => request), ...ahead];
    try {
      const issued = await this.#issue({requests});
      const until = performance.now() + issued.validForMs * KEPT_SHARE;
      for (const [index, request] of requests.entries()) {
        const url = issued.urls[index];
        if (url === undefined)
          throw new TypeError(`${issued.urls.length} tickets came for ${requests.length} requests`);
        if (isReusable(request)) this.#keep(nameOf(request), {url, until});
        batch[index]?.resolve(url);
      }
    } catch (error) {
      if (requests.length === 1 || !hasCode(error, 'ticket.refused')) {
        for (const {reject} of batch) reject(error);
        return;
      }
      const half = Math.ceil(batch.length / 2);
      await this.#ask(batch.slice(0, half), []);
      if (half < batch.length) await this.#ask(batch.slice(half), []);
    }
  }

  #ahead(most: number): readonly TicketRequest[] {
    const ahead: TicketRequest[] = [];
    for (const [name, request] of this.#announced) {
      if (ahead.length >= most) break;
      this.#announced.delete(name);
      ahead.push(request);
    }
    return ahead;
  }

  #keep(name: string, ticket: {readonly url: string; readonly until: number}): void {
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#kept.set(name, ticket);
  }
}

function isReusable({method}: TicketRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function asked({method, key, query, headers}: PresignableRequest): TicketRequest {
  return {method, query: {...query}, headers: {...headers}, ...(key === undefined ? {} : {key})};
}

function nameOf({method, key, query}: TicketRequest): string {
  return JSON.stringify([method, key, query]);
}
