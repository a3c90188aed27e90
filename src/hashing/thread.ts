import {Worker} from 'node:worker_threads';
import {WaybillError} from '../contracts/errors.js';
import {type HashingAnswer, type HashingRequest, hashingMessage} from './requests.js';
import {workerSource} from './worker-source.js';

interface Waiting {
  readonly resolve: (answer: HashingAnswer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One thread that hashes, one request after the other. It keeps the process alive only while something waits for it. What
 * it was asked when it dies is rejected with `worker.thread-lost`.
 */
export class HashingThread {
  readonly #worker = new Worker(workerSource, {eval: true, name: 'hashing'});
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #ended: Error | undefined;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', (value: unknown) => this.#settle(value));
    this.#worker.on('error', (error) => this.#end(lost(error.message, error)));
    this.#worker.on('exit', (status) => this.#end(lost(`status ${status}`)));
  }

  get load(): number {
    return this.#waiting.size;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  ask(request: HashingRequest): Promise<HashingAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      const id = this.#nextId++;
      this.#waiting.set(id, {resolve, reject});
      this.#worker.ref();
      this.#worker.postMessage({id, request});
    });
  }

  #settle(value: unknown): void {
    const {id, answer, failure} = hashingMessage.parse(value);
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (answer !== undefined) waiting?.resolve(answer);
    else waiting?.reject(Object.assign(new Error(failure?.message ?? 'A hashing thread gave no answer.'), failure));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const {reject} of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function lost(why: string, cause?: unknown): WaybillError {
  return new WaybillError('worker.thread-lost', `A hashing thread has ended: ${why}.`, {
    ...(cause === undefined ? {} : {cause}),
  });
}
