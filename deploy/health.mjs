// Ends with 0 where the worker of this container polls a task queue. Its metrics alone would answer before that.
const port = (process.env.WAYBILL_WORKER_METRICS ?? '').split(':').at(-1);
try {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, {signal: AbortSignal.timeout(4000)});
  const pollers = (await response.text()).match(/^temporal_num_pollers\{.*\} [1-9]/gm) ?? [];
  console.log(`${pollers.length} pollers`);
  if (pollers.length === 0) process.exitCode = 1;
} catch (error) {
  console.log(`no answer from port ${port}: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
