import {postgresEnding} from './postgres-cluster.js';
import {endProcess, isRunning, type ProcessIdentity} from './process-identity.js';
import {readStackFile} from './stack-file.js';

export type ServiceName = 'temporal' | 'postgres' | 'worker';

const ending = [
  {signal: 'SIGTERM', waitMs: 5000},
  {signal: 'SIGKILL', waitMs: 3000},
] as const;

/**
 * Ends what a supervisor that is gone left running, by recorded identity: the worker first, which uses the others. The
 * caller holds the lock of the state directory. Answers with what it ended.
 */
export async function endLeftovers(stateDirectory: string): Promise<readonly ServiceName[]> {
  const record = await readStackFile(stateDirectory);
  const processes: readonly (readonly [ServiceName, ProcessIdentity | undefined])[] = [
    ['worker', record?.worker?.process],
    ['postgres', record?.postgres?.process],
    ['temporal', record?.temporal?.process],
  ];
  const ended: ServiceName[] = [];
  for (const [service, identity] of processes) {
    if (identity === undefined || !(await isRunning(identity))) continue;
    await endProcess(identity, service === 'postgres' ? postgresEnding : ending);
    ended.push(service);
  }
  return ended;
}
