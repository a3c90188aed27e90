import {WaybillError} from '../contracts/errors.js';
import type {ListedStoreEntry, StoreAnswer, StoreEntry, StoreQuestion} from '../contracts/store.js';
import type {CheckRequest, CheckResult, DigestResult, StoreClient} from './api.js';
import type {Session} from './connect.js';
import {answerOf} from './short-workflow.js';

type AnswerTo<A extends StoreQuestion['ask']> = Extract<StoreAnswer, {ask: A}>;

/** Asks and changes places that a worker reaches: each call is one run of the workflow `store`. */
export class Places implements StoreClient {
  constructor(private readonly session: Session) {}

  async *list(location: string): AsyncGenerator<ListedStoreEntry> {
    const question = {ask: 'list' as const, location, limit: 5000};
    let page = await this.ask(question);
    yield* page.entries;
    while (page.next !== undefined) {
      page = await this.ask({...question, after: page.next});
      yield* page.entries;
    }
  }

  async stat(location: string): Promise<StoreEntry | undefined> {
    return (await this.ask({ask: 'stat', location})).entry;
  }

  async remove(location: string, options: {readonly recursive?: boolean} = {}): Promise<void> {
    await this.ask({ask: 'remove', location, ...options});
  }

  async makeDirectory(
    location: string,
    options: {readonly parents?: boolean; readonly mode?: number} = {},
  ): Promise<void> {
    await this.ask({ask: 'make-directory', location, ...options});
  }

  async rename(location: string, to: string, options: {readonly overwrite?: boolean} = {}): Promise<void> {
    await this.ask({ask: 'rename', location, to, ...options});
  }

  async chmod(location: string, mode: number): Promise<void> {
    await this.ask({ask: 'chmod', location, mode});
  }

  async *read(location: string): AsyncGenerator<Uint8Array> {
    let first: AnswerTo<'read'> | undefined;
    for (let offset = 0; first === undefined || offset < first.size; ) {
      const page = await this.ask({ask: 'read', location, offset});
      first ??= page;
      if (page.identity !== first.identity) {
        throw new WaybillError('source.changed', `${location} changed while it was read`, {path: location});
      }
      const content = Buffer.from(page.base64, 'base64');
      yield content;
      offset += content.length;
    }
  }

  async sha256(location: string): Promise<DigestResult> {
    const {sha256, size, hashed} = await this.ask({ask: 'sha256', location});
    return {sha256, size, hashed};
  }

  async check({sources, destination, by = 'hash', ...options}: CheckRequest): Promise<CheckResult> {
    const {counts, entries, omitted} = await this.ask({
      ...{ask: 'check', sources: [...sources], destination, by, options},
    });
    return {counts, entries, omitted};
  }

  private async ask<A extends StoreQuestion['ask']>(question: Extract<StoreQuestion, {ask: A}>): Promise<AnswerTo<A>> {
    const about = 'location' in question ? question.location : question.destination;
    const isAnswer = (answer: StoreAnswer): answer is AnswerTo<A> => answer.ask === question.ask;
    return await answerOf(this.session, question, isAnswer, {
      workflow: 'store',
      summary: `Store: ${question.ask} ${about.slice(0, 100)}`,
      about,
    });
  }
}
