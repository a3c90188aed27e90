import {type Interceptor, Metadata, status} from '@grpc/grpc-js';
import {defaultGrpcRetryOptions, makeGrpcRetryInterceptor} from '@temporalio/client';

type Call = ReturnType<Parameters<Interceptor>[1]>;

/** What the status of a call says that its client's end has ended. */
export const CLOSED = 'the client was closed';

const retrying = makeGrpcRetryInterceptor(defaultGrpcRetryOptions());

/**
 * The calls of one connection to Temporal, which all end when it is closed. Temporal's client makes a failed call again
 * from a timer, and a closed channel throws there, where nobody catches it: after `close` no call reaches the channel.
 */
export class ClosableCalls {
  readonly #underWay = new Set<Call>();
  #closed = false;

  /** For the connection, in the place of its own. */
  readonly interceptor: Interceptor = (options, nextCall) =>
    retrying(options, (again) => (this.#closed ? closedCall() : this.#watched(nextCall(again))));

  close(): void {
    this.#closed = true;
    for (const call of this.#underWay) call.cancelWithStatus(status.CANCELLED, CLOSED);
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
