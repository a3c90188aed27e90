import type {CliContext, InputStream, StopSignal} from '../context.js';
import type {Screen} from '../terminal/screen.js';

export type InterruptDecision = 'detach' | 'cancel';
export type Answer = InterruptDecision | 'go-on';

/**
 * What Ctrl-C means while something is followed. On a terminal the first one asks; the second, and every signal where
 * nobody can be asked, lets go at once: to stop watching must never be what ends a day's work on another machine.
 */
export class Interrupts {
  readonly #context: CliContext;
  readonly #screen: Screen;
  readonly #listeners = new Map<StopSignal, () => void>();
  readonly #pause: () => void;
  /** What the first Ctrl-C asks: what can be chosen depends on what is going on. */
  question: string;
  #asking: AbortController | undefined;
  #decide: ((decision: InterruptDecision) => void) | undefined;
  /** Decided while nobody listened, between one thing that is followed and the next. */
  #undelivered: InterruptDecision | undefined;
  #answered: Promise<void> = Promise.resolve();

  /** `pause` is called before the question is shown. */
  constructor(context: CliContext, screen: Screen, question: string, pause: () => void) {
    this.#context = context;
    this.#screen = screen;
    this.question = question;
    this.#pause = pause;
    if (context.notices !== undefined) {
      context.notices.show = (text) => void this.clear().then(() => screen.warn(text));
    }
    this.#listen('SIGINT', () => void this.#interrupt());
    this.#listen('SIGTERM', () => this.#let('detach'));
    this.#listen('SIGHUP', () => this.#let('detach'));
  }

  /** Resolves when the user has decided; may be asked for again after `cancel`. */
  decision(): Promise<InterruptDecision> {
    return new Promise((resolve) => {
      this.#decide = resolve;
      if (this.#undelivered !== undefined) this.#deliver(this.#undelivered);
    });
  }

  /** What comes of `work`, or `detach` where the user does not wait for that. */
  async unlessDetached<T>(work: Promise<T>): Promise<T | 'detach'> {
    const done = work.then((value) => ({value}));
    done.catch(() => undefined);
    for (;;) {
      const next = await Promise.race([done, this.decision()]);
      if (typeof next !== 'string') return next.value;
      if (next === 'detach') return next;
    }
  }

  /** Takes the question back: what it was about is over. */
  dismiss(): void {
    this.#asking?.abort();
  }

  /** Resolves at once, or when the question on the screen is answered: nothing may be written over it. */
  clear(): Promise<void> {
    return this.#answered;
  }

  close(): void {
    for (const [signal, listener] of this.#listeners) this.#context.signals.off(signal, listener);
    this.dismiss();
  }

  #listen(signal: StopSignal, listener: () => void): void {
    this.#listeners.set(signal, listener);
    this.#context.signals.on(signal, listener);
  }

  #let(decision: InterruptDecision): void {
    this.dismiss();
    this.#deliver(decision);
  }

  #deliver(decision: InterruptDecision): void {
    this.#undelivered = this.#decide === undefined ? decision : undefined;
    this.#decide?.(decision);
    this.#decide = undefined;
  }

  async #interrupt(): Promise<void> {
    const {stdin, stderr} = this.#context;
    if (this.#asking !== undefined || stdin.isTTY !== true || stderr.isTTY !== true) {
      this.#let('detach');
      return;
    }
    const asking = new AbortController();
    this.#asking = asking;
    this.#pause();
    this.#screen.line(this.question);
    const answer = readKey(stdin, asking.signal);
    this.#answered = answer.then(() => undefined);
    const decision = await answer;
    this.#asking = undefined;
    if (asking.signal.aborted) return;
    if (decision === 'go-on') this.#screen.line('Going on.');
    else this.#deliver(decision);
  }
}

/** One key, without Enter. In raw mode Ctrl-C is a byte and not a signal. Aborted or closed: nothing was said. */
function readKey(stdin: InputStream, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    const finish = (answer: Answer) => {
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      signal.removeEventListener('abort', onAbort);
      stdin.setRawMode?.(false);
      stdin.pause();
      resolve(answer);
    };
    const onData = (data: Buffer | string) => finish(answerOf(data.toString()));
    const onEnd = () => finish('detach');
    const onAbort = () => finish('go-on');
    signal.addEventListener('abort', onAbort, {once: true});
    stdin.on('data', onData);
    stdin.on('end', onEnd);
    stdin.setRawMode?.(true);
    stdin.resume();
  });
}

/** Ctrl-C and Ctrl-D detach, as the second signal does. */
export function answerOf(key: string): Answer {
  const first = key.slice(0, 1).toLowerCase();
  if (first === 'd' || first === '\u0003' || first === '\u0004') return 'detach';
  return first === 'c' ? 'cancel' : 'go-on';
}
