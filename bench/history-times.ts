import type {Client} from '@temporalio/client';

/** Milliseconds by what took them, in the order in which they began. */
export type Times = ReadonlyMap<string, number>;

export interface Traced {
  readonly startToClose: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly closedAt: number;
  readonly times: Times;
}

interface EventTime {
  readonly seconds?: unknown;
  readonly nanos?: number | null;
}

/** Where the time of one closed workflow went, by the times that Temporal gave its events. */
export async function traced(client: Client, workflowId: string): Promise<Traced> {
  const handle = client.workflow.getHandle(workflowId);
  const {startTime, closeTime} = await handle.describe();
  if (closeTime === undefined) throw new Error(`${workflowId} has not closed`);
  const {events} = await handle.fetchHistory();
  const times = new Map<string, number>();
  const add = (name: string, milliseconds: number) => times.set(name, (times.get(name) ?? 0) + milliseconds);
  const at = new Map<string, number>();
  const activities = new Map<string, string>();
  let started = startTime.getTime();
  for (const event of events ?? []) {
    const time = millisecondsOf(event.eventTime);
    at.set(String(event.eventId), time);
    const since = (id: unknown) => time - (at.get(String(id)) ?? time);
    if (event.workflowExecutionStartedEventAttributes) started = time;
    const task = event.workflowTaskCompletedEventAttributes;
    if (task) add('workflow tasks, all together', since(task.scheduledEventId));
    if (event.workflowExecutionUpdateCompletedEventAttributes)
      add('until the open update was answered', time - started);
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) activities.set(String(event.eventId), scheduled.activityType?.name ?? '?');
    const begun = event.activityTaskStartedEventAttributes;
    if (begun) add(`${activities.get(String(begun.scheduledEventId)) ?? '?'}: waiting`, since(begun.scheduledEventId));
    const done = event.activityTaskCompletedEventAttributes;
    if (done) add(`${activities.get(String(done.scheduledEventId)) ?? '?'}: running`, since(done.startedEventId));
  }
  const [startedAt, closedAt] = [startTime.getTime(), closeTime.getTime()];
  return {startToClose: closedAt - startedAt, startedAt, closedAt, times};
}

function millisecondsOf(time: EventTime | null | undefined): number {
  return Number(time?.seconds) * 1000 + (time?.nanos ?? 0) / 1e6;
}
