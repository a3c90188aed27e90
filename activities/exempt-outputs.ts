import {Context} from '@temporalio/activity';
import {z} from 'zod';
import type {StoreLifecycle} from '../src/worker/store-lifecycle.js';

/** What a heartbeat tells the next attempt: outputs up to this place are done. */
const checkpoint = z.object({version: z.literal(1), exemptUpTo: z.string()});

/**
 * Keeps the bucket's rule from deleting outputs. One request for each of them may take longer than an attempt has: a
 * later one goes on from where the one before it was.
 */
export async function exemptOutputs(lifecycle: StoreLifecycle | undefined, executionId: string): Promise<void> {
  if (lifecycle === undefined) return;
  const {cancellationSignal: signal, heartbeat, info} = Context.current();
  const after = checkpoint.safeParse(info.heartbeatDetails).data?.exemptUpTo;
  await lifecycle.exempt(executionId, {
    signal,
    ...(after === undefined ? {} : {after}),
    onDone: (exemptUpTo) => heartbeat({version: 1, exemptUpTo} satisfies z.infer<typeof checkpoint>),
  });
}
