// A real job, the worker killed while it stages and while it collects, and what that cost: npm run demo
import {execFileSync} from 'node:child_process';
import {readFile} from 'node:fs/promises';
import {availableParallelism, loadavg} from 'node:os';
import {join} from 'node:path';
import {describe} from '../src/cli/operator/dev.js';
import {WaybillClient} from '../src/client/index.js';
import type {Stack, StackEvent} from '../src/embedded/supervisor.js';
import {assembleCorpus} from './demo/corpus.js';
import {followAndKill} from './demo/crash.js';
import {differing, filesIn, readSums} from './demo/digests.js';
import {makeJob} from './demo/job.js';
import {readJournal} from './demo/journal.js';
import {leftFiles, leftProcesses} from './demo/leftovers.js';
import {makePlace, type Place} from './demo/place.js';
import {type Evidence, reportCrashes, reportEnd} from './demo/report.js';
import {count, megabytes, Transcript} from './demo/transcript.js';

const LINE_BYTES_PER_SECOND = 40e6;

const busy = busyness();
execFileSync('npm', ['run', '--silent', 'build'], {stdio: 'inherit'});
const place = await makePlace(LINE_BYTES_PER_SECOND);
let stack: Stack | undefined;
const tidy = async () => {
  await stack?.stop();
  await place.close();
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void tidy().finally(() => process.exit(1)));
}
try {
  const workerEvents: StackEvent[] = [];
  let quiet = false;
  stack = await place.startStack((event) => {
    if ('service' in event && event.service === 'worker') workerEvents.push(event);
    const text = describe(event);
    if (text !== undefined && !quiet) console.log(text);
  });
  quiet = true;
  process.exitCode = (await demonstrate(place, stack, workerEvents)) ? 0 : 1;
} finally {
  await tidy();
}

/** Times of a machine that has more to do than it can are those of its other work. */
function busyness(): string | undefined {
  const [load = 0] = loadavg();
  const processors = availableParallelism();
  return load > processors ? `the machine was busy: load ${load.toFixed(1)} on ${processors} processors` : undefined;
}

async function demonstrate(at: Place, running: Stack, workerEvents: readonly StackEvent[]): Promise<boolean> {
  const {directory, stateDirectory, workspaces, line} = at;
  const store = join(stateDirectory, 'store');
  const corpus = await assembleCorpus(join(directory, 'files'));
  const job = makeJob(directory);
  const client = await WaybillClient.connect({
    address: running.record.temporal?.address ?? '',
    namespace: running.record.temporal?.namespace ?? '',
  });
  const transcript = new Transcript();
  transcript.heading(
    `${count(corpus.inputs.length)} files of ${megabytes(corpus.bytes)} for gpu, an sshd behind a line of ${megabytes(LINE_BYTES_PER_SECOND)}/s`,
  );
  const handle = await client.start({target: 'gpu', label: 'demo', command: [...job.command], inputs: corpus.inputs});
  transcript.say(`${handle.id}: the inputs are in the store`);
  const {crashes, result} = await followAndKill(handle, at, workerEvents, transcript);
  for await (const {data} of handle.logs({streams: ['stdout']})) {
    transcript.say(`the command said: ${Buffer.from(data).toString().trim()}`);
  }
  transcript.say(`ended: ${result.outcome}`);
  const carried = {stage: line.carried('to-target'), collect: line.carried('from-target')};

  const into = join(directory, 'downloaded');
  const downloaded = await handle.download({into});
  transcript.say(`downloaded ${downloaded.map(({name}) => name).join(' and ')}`);
  await client.close();

  const evidence: Evidence = {
    result,
    crashes,
    journals: {
      stage: await readJournal(store, handle.id, 'stage'),
      collect: await readJournal(store, handle.id, 'collect'),
    },
    carried,
    busy,
    bytes: {stage: corpus.bytes, collect: result.collected.bytes},
  };
  reportCrashes(transcript, evidence);
  await reportEnd(transcript, evidence, job.starts);

  const record = await readSums(job.record);
  const outputs = await differing(filesIn(into, record.keys()), record);
  const sums = await readSums(join(into, 'sums.txt'));
  const inputs = await differing(corpus.inputs, sums);
  transcript.check(
    inputs.length === 0 && sums.size === corpus.inputs.length,
    `the SHA-256 of all ${count(sums.size)} inputs match on the target`,
  );
  transcript.check(
    outputs.length === 0 && record.size === 2 && downloaded.length === 2,
    `the SHA-256 of all ${record.size} outputs (${megabytes(result.collected.bytes)}) match what the target made`,
  );
  await running.stop();
  const left = [...(await leftFiles(workspaces, store)), ...(await leftProcesses(directory))];
  transcript.check(
    left.length === 0,
    `nothing is left: no workspace, no unfinished file, no process ${left.join(' ')}`.trim(),
  );
  if (transcript.failed) {
    transcript.heading("The end of the worker's log");
    console.log((await readFile(join(stateDirectory, 'logs', 'worker.log'), 'utf8')).split('\n').slice(-40).join('\n'));
  }
  return !transcript.failed;
}
