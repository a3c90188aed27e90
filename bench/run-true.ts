import type {Client} from '@temporalio/client';
import {connect} from '../src/client/connect.js';
import {peakMemory} from './engine.js';
import {type Traced, traced} from './history-times.js';
import {type Lab, login, type Ran, run, sshCommand, withLab} from './lab.js';
import {type BenchReport, memoryRow, type Row} from './report.js';
import {type BenchStack, CLI, withStack} from './stack.js';
import {median, spread} from './statistics.js';

const TARGETS = ['local', 'lab'] as const;
type Target = (typeof TARGETS)[number];

const WORKFLOW_LIMIT_MS = 250;
const COMMAND_LIMIT_MS = 450;
const WARM_UPS = 3;
/** At least: it is quick, and a median of fewer says little about milliseconds. */
const LEAST_RUNS = 10;

interface Sample {
  readonly ran: Ran;
  readonly trace: Traced;
}

/** `waybill run true` on a warm stack: the workflow from start to close, and the whole command against `ssh host true`. */
export async function runTrue(wanted: number): Promise<BenchReport> {
  const runs = Math.max(wanted, LEAST_RUNS);
  await run([process.execPath, 'dev/run-typescript.mjs', 'dev/build.ts']);
  return await withLab((lab) => withStack(lab, (stack) => measure(lab, stack, runs)));
}

async function measure(lab: Lab, stack: BenchStack, runs: number): Promise<BenchReport> {
  const connects: number[] = [];
  for (let count = 0; count < runs; count++) {
    const start = performance.now();
    const {connection} = await connect({address: stack.address});
    connects.push(performance.now() - start);
    await connection.close();
  }
  const session = await connect({address: stack.address});
  try {
    for (let count = 0; count < WARM_UPS; count++) {
      for (const target of TARGETS) await once(session.temporal, stack, target);
    }
    const samples: Record<Target, Sample[]> = {local: [], lab: []};
    const ssh: number[] = [];
    const starts: number[] = [];
    for (let count = 0; count < runs; count++) {
      for (const target of TARGETS) samples[target].push(await once(session.temporal, stack, target));
      ssh.push((await run([...sshCommand(lab), login(lab), 'true'])).milliseconds);
      starts.push((await run([process.execPath, CLI, '--version'])).milliseconds);
    }
    return {
      runs,
      rows: [
        ...TARGETS.flatMap((target) => rowsOf(target, samples[target], ssh)),
        memoryRow('run-true: worker', [await peakMemory(await stack.workerPid())]),
      ],
      notes: [
        `run-true: start of the CLI alone (\`waybill --version\`) ${spread(starts, 'ms')}; connecting to Temporal, in a process that has its libraries loaded, ${spread(connects, 'ms')}.`,
        ...TARGETS.map((target) => breakdown(target, samples[target])),
      ],
    };
  } finally {
    await session.connection.close();
  }
}

async function once(client: Client, stack: BenchStack, target: Target): Promise<Sample> {
  const ran = await run([process.execPath, CLI, 'run', '--target', target, 'true'], {
    directory: stack.directory,
    environment: {...process.env, TEMPORAL_ADDRESS: stack.address},
  });
  const id = /^Run (\S+) on /m.exec(ran.stderr)?.[1];
  if (id === undefined) throw new Error(`no id in: ${ran.stderr}`);
  return {ran, trace: await traced(client, id)};
}

function rowsOf(target: Target, samples: readonly Sample[], ssh: readonly number[]): Row[] {
  const workflow = samples.map(({trace}) => trace.startToClose);
  const command = samples.map(({ran}) => ran.milliseconds);
  const more = median(command) - median(ssh);
  const name = target === 'local' ? 'local' : 'SSH';
  return [
    {
      measure: `run-true: ${name}, start to close of the workflow`,
      ours: spread(workflow, 'ms'),
      peer: '–',
      figure: `${median(workflow).toFixed(0)} ms`,
      target: `≤ ${WORKFLOW_LIMIT_MS} ms`,
      met: median(workflow) <= WORKFLOW_LIMIT_MS,
    },
    {
      measure: `run-true: ${name}, whole command`,
      ours: spread(command, 'ms'),
      peer: `ssh host true: ${spread(ssh, 'ms')}`,
      figure: `${more.toFixed(0)} ms more`,
      target: `≤ ${COMMAND_LIMIT_MS} ms more`,
      met: more <= COMMAND_LIMIT_MS,
    },
  ];
}

/** Medians, a line each; activities wait for a worker to take them, and then run. */
function breakdown(target: Target, samples: readonly Sample[]): string {
  const names = new Set(samples.flatMap(({trace}) => [...trace.times.keys()]));
  const lines: [string, number][] = [
    ['process start to workflow start (CLI start, connect, request)', median(samples.map(before))],
    ...[...names].map((name): [string, number] => [
      `in the workflow: ${name}`,
      median(samples.map(({trace}) => trace.times.get(name) ?? 0)),
    ]),
    ['workflow close to process end', median(samples.map(after))],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  const text = lines.map(([name, value]) => `${name.padEnd(width)}  ${value.toFixed(0).padStart(5)} ms`);
  return ['Breakdown of `run-true`, ' + (target === 'local' ? 'local' : 'SSH') + ':', '', '```', ...text, '```'].join(
    '\n',
  );
}

function before({ran, trace}: Sample): number {
  return trace.startedAt - ran.startedAt;
}

function after({ran, trace}: Sample): number {
  return ran.endedAt - trace.closedAt;
}
