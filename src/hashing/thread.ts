import {Worker} from 'node:worker_threads';
import {z} from 'zod';
import {workerSource} from './worker-source.js';

export interface RangeRequest {
  /** A descriptor of this process: threads share them. It has to stay open until the answer is there. */
  readonly fd: number;
  readonly offset: number;
  readonly length: number;
  /** Shared memory: anything but 0 in its first place ends the request with `stopped`. */
  readonly stop: Int32Array;
}

const answer = z.discriminatedUnion('outcome', [
  z.object({outcome: z.literal('hashed'), sha256: z.string()}),
  /** The file ends before the range does. */
  z.object({outcome: z.literal('short')}),
  z.object({outcome: z.literal('stopped')}),
]);
export type RangeAnswer = z.infer<typeof answer>;

const message = z.object({
  id: z.number(),
  answer: answer.optional(),
  failure: z.object({message: z.string(), code: z.string().optional(), syscall: z.string().optional()}).optional(),
});

interface Waiting {
  readonly resolve: (answer: RangeAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** One thread that hashes. It keeps the process alive only while something waits for it. */
export class HashingThread {
  readonly #worker = new Worker(workerSource, {eval: true, name: 'hashing'});
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #ended: Error | undefined;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', (value: unknown) => this.#settle(value));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', (status) => this.#end(new Error(`A hashing thread has ended with ${status}.`)));
  }

  get load(): number {
    return this.#waiting.size;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  ask(request: RangeRequest): Promise<RangeAnswer> {
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
    const {id, answer: given, failure} = message.parse(value);
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (given !== undefined) waiting?.resolve(given);
    else waiting?.reject(Object.assign(new Error(failure?.message ?? 'A hashing thread gave no answer.'), failure));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const {reject} of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
