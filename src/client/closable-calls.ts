import {type Interceptor, Metadata, status} from '@grpc/grpc-js';
import {defaultGrpcRetryOptions, makeGrpcRetryInterceptor} from '@temporalio/client';

type Call = ReturnType<Parameters<Interceptor>[1]>;

/** What the status of a call says that its client's end has ended. */
export const CLOSED = 'the client was closed';

/** Of a call that fails for another reason than that nobody answers: those of Temporal's client, about 20 seconds. */
const USUAL = defaultGrpcRetryOptions();

/** Tries of a call that nobody answers: after the first 20 seconds one every 5, five minutes in all. */
const PATIENT = defaultGrpcRetryOptions({maxAttempts: 66});

/** The try before which about 6 seconds have passed: whoever waits has begun to wonder. */
const TOLD_AT_TRY = 7;

/**
 * The calls of one connection to Temporal. One that nobody answers is made again for five minutes: a server that is
 * started again, or moved, ends nothing that only waits for it. All end when the connection is closed. Temporal's client
 * makes a failed call again from a timer, and a closed channel throws there, where nobody catches it: after `close` no
 * call reaches the channel.
 */
export class ClosableCalls {
  readonly #underWay = new Set<Call>();
  readonly #onUnanswered: () => void;
  /** Calls that nobody has answered for some seconds. */
  readonly #unanswered = new Set<object>();
  #closed = false;

  /** `onUnanswered` is called once for each time that nobody answers for some seconds. */
  constructor(onUnanswered: () => void = () => undefined) {
    this.#onUnanswered = onUnanswered;
  }

  /** For the connection, in the place of its own. */
  readonly interceptor: Interceptor = (options, nextCall) => {
    const answered = () => this.#unanswered.delete(options);
    let otherFailures = 0;
    const retrying = makeGrpcRetryInterceptor({
      delayFunction: USUAL.delayFunction,
      retryableDecider: (tries, failed) => {
        if (failed.code !== status.UNAVAILABLE) {
          answered();
          otherFailures += 1;
          return USUAL.retryableDecider(otherFailures, failed);
        }
        const again = PATIENT.retryableDecider(tries, failed);
        if (!again) answered();
        else if (tries >= TOLD_AT_TRY) this.#tell(options);
        return again;
      },
    });
    return retrying(options, (again) => (this.#closed ? closedCall() : this.#watched(nextCall(again))));
  };

  close(): void {
    this.#closed = true;
    for (const call of this.#underWay) call.cancelWithStatus(status.CANCELLED, CLOSED);
  }

  #tell(call: object): void {
    if (this.#unanswered.size === 0) this.#onUnanswered();
    this.#unanswered.add(call);
  }

  #watched(call: Call): Call {
    return {
      start: (metadata, listener) => {
        this.#underWay.add(call);
        call.start(metadata, {
          onReceiveMetadata: (received) => listener?.onReceiveMetadata?.(received),
          onReceiveMessage: (message) => listener?.onReceiveMessage?.(message),
          onReceiveStatus: (end) => {
            this.#underWay.delete(call);
            listener?.onReceiveStatus?.(end);
          },
        });
      },
      cancelWithStatus: (code, details) => call.cancelWithStatus(code, details),
      getPeer: () => call.getPeer(),
      sendMessage: (message) => call.sendMessage(message),
      sendMessageWithContext: (context, message) => call.sendMessageWithContext(context, message),
      startRead: () => call.startRead(),
      halfClose: () => call.halfClose(),
      getAuthContext: () => call.getAuthContext(),
    };
  }
}

function closedCall(): Call {
  const nothing = () => undefined;
  return {
    start: (_, listener) => {
      setImmediate(() => {
        // gRPC has one for each call, also where nothing came: what tries again waits for it.
        listener?.onReceiveMessage?.(null);
        listener?.onReceiveStatus?.({code: status.CANCELLED, details: CLOSED, metadata: new Metadata()});
      });
    },
    ...{cancelWithStatus: nothing, getPeer: () => '', sendMessage: nothing, sendMessageWithContext: nothing},
    ...{startRead: nothing, halfClose: nothing, getAuthContext: () => null},
  };
}
