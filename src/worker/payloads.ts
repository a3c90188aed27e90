import {fileURLToPath} from 'node:url';
import {ApplicationFailure, type DataConverter} from '@temporalio/common';
import {loadPayloadCodec, Payloads} from '../client/payload-codec.js';
import type {Configuration} from '../config/schema.js';

export interface WorkerPayloads {
  readonly payloads: Payloads;
  /** For the worker and for every client of it. */
  readonly dataConverter: DataConverter;
}

/** Rejects with `config.invalid` where the codec cannot be loaded. */
export async function workerPayloads({temporal}: Pick<Configuration, 'temporal'>): Promise<WorkerPayloads> {
  const {payloadCodec} = temporal;
  const codec = payloadCodec === undefined ? undefined : await loadPayloadCodec(payloadCodec);
  const payloads = new Payloads(codec, unreadable);
  return {
    payloads,
    dataConverter: {
      payloadCodecs: [payloads],
      // Messages of failures hold names of files and words of the caller.
      ...(codec === undefined
        ? {}
        : {failureConverterPath: fileURLToPath(new URL('./encoded-failures.js', import.meta.url))}),
    },
  };
}

/**
 * Fails the task and not the run: another worker of the task queue may have the codec. The type is what the client
 * looks for that waits.
 */
function unreadable(message: string, cause?: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    ...{type: 'payload.not-readable', message: `${message} (worker)`, nonRetryable: false},
    ...(cause instanceof Error ? {cause} : {}),
  });
}
