import type {
  DownloadedFile,
  DownloadOptions,
  ExecutionEvent,
  ExecutionHandle,
  Found,
  LocalInput,
  LogChunk,
  LogOptions,
  StartOptions,
  StoreClient,
  TransferHandle,
  TransferSummary,
  WaybillClientApi,
} from '../../src/client/api.js';
import type {BatchHandle, BatchStart, BatchSummary} from '../../src/client/batch-api.js';
import type {Artifact, ExecutionRecord} from '../../src/contracts/artifacts.js';
import type {MoveProgress} from '../../src/contracts/checkpoint.js';
import type {ArtifactSearch, FoundArtifact, TargetCheck, TargetSummary, UsageRow} from '../../src/contracts/catalog.js';
import type {ExecutionResult, KeepFor} from '../../src/contracts/execution.js';
import type {RetentionResult} from '../../src/contracts/retention.js';

export interface Script {
  readonly result: (cancelled: Promise<void>) => Promise<ExecutionResult>;
  readonly events?: (signal: AbortSignal | undefined) => AsyncIterable<ExecutionEvent>;
  readonly chunks?: (signal: AbortSignal | undefined) => AsyncIterable<LogChunk>;
  readonly send?: (report: (progress: MoveProgress) => void, signal: AbortSignal | undefined) => Promise<void>;
  readonly cancel?: () => Promise<void>;
  readonly files?: readonly DownloadedFile[];
  readonly download?: (report: (progress: MoveProgress) => void) => Promise<void>;
  readonly record?: ExecutionRecord;
  readonly records?: readonly ExecutionRecord[];
  readonly artifacts?: readonly Artifact[];
  readonly found?: readonly FoundArtifact[];
  readonly usage?: readonly UsageRow[];
  readonly targets?: readonly TargetSummary[];
  readonly checks?: readonly TargetCheck[];
  readonly removal?: RetentionResult;
  readonly places?: Partial<StoreClient>;
  readonly transfer?: Partial<TransferHandle>;
  readonly transfers?: readonly TransferSummary[];
  /** Default true. */
  readonly running?: boolean;
  readonly batch?: Omit<BatchHandle, 'id'>;
  readonly batches?: readonly BatchSummary[];
}

/** Plays a script at the interface that the commands see, and notes what it was asked for. */
export class ScriptedClient implements WaybillClientApi {
  readonly started: StartOptions[] = [];
  readonly startedBatches: BatchStart[] = [];
  readonly cancelled: string[] = [];
  readonly retried: string[] = [];
  readonly kept: [string, KeepFor][] = [];
  readonly removed: string[] = [];
  readonly searches: ArtifactSearch[] = [];
  readonly sent: (readonly LocalInput[])[] = [];
  readonly downloads: DownloadOptions[] = [];
  closed = false;
  readonly places: StoreClient;

  constructor(private readonly script: Script) {
    const unscripted = () => {
      throw new Error('the script has no places');
    };
    this.places = {
      list: unscripted,
      stat: unscripted,
      remove: unscripted,
      makeDirectory: unscripted,
      rename: unscripted,
      chmod: unscripted,
      read: unscripted,
      sha256: unscripted,
      check: unscripted,
      ...script.places,
    };
  }

  async start(options: StartOptions): Promise<ExecutionHandle> {
    this.started.push(options);
    await this.script.send?.((progress) => options.onUploadProgress?.(progress), options.signal);
    return this.execution(options.id ?? 'scripted');
  }

  copy(): Promise<TransferHandle> {
    return Promise.reject(new Error('the script has no transfer'));
  }

  transfer(id: string): TransferHandle {
    const unscripted = () => {
      throw new Error(`the script has no transfer ${id}`);
    };
    const cancel = async () => void this.cancelled.push(id);
    const none = {result: unscripted, progress: unscripted, state: unscripted, outcomes: unscripted};
    return {id, ...none, cancel, ...this.script.transfer};
  }

  /** A script with a transfer or a batch has that alone. */
  find = async (): Promise<Found> => ({
    kind: this.script.batch ? 'batch' : this.script.transfer ? 'transfer' : 'execution',
    running: this.script.running ?? true,
  });

  transfers(): AsyncIterable<TransferSummary> {
    return each(this.script.transfers ?? []);
  }

  async startBatch(options: BatchStart): Promise<BatchHandle> {
    this.startedBatches.push(options);
    const batch = this.batch(options.id ?? 'scripted');
    options.onOpen?.(batch);
    options.onSent?.(options.files.length);
    return batch;
  }

  batch(id: string): BatchHandle {
    const {batch} = this.script;
    if (batch === undefined) throw new Error(`the script has no batch ${id}`);
    return {...batch, id};
  }

  batches = () => each(this.script.batches ?? []);

  execution(id: string): ExecutionHandle {
    const {script} = this;
    let cancel: () => void = () => undefined;
    const cancelled = new Promise<void>((resolve) => {
      cancel = resolve;
    });
    return {
      id,
      result: () => script.result(cancelled),
      progress: (signal) => script.events?.(signal) ?? nothing(),
      logs: (options?: LogOptions) => script.chunks?.(options?.signal) ?? nothing(),
      outputs: () => each(script.artifacts ?? []),
      download: async (options) => {
        this.downloads.push(options);
        await script.download?.((progress) => options.onProgress?.(progress));
        return script.files ?? [];
      },
      cancel: async () => {
        this.cancelled.push(id);
        await script.cancel?.();
        cancel();
      },
      retry: async () => void this.retried.push(id),
      sendInputs: async (inputs) => void this.sent.push(inputs),
      record: async () => script.record,
      keep: async (keepFor) => {
        this.kept.push([id, keepFor]);
        return {artifacts: 2, ...(keepFor === 'forever' ? {} : {expiresAt: '2026-05-01T00:00:00.000Z'})};
      },
      remove: async () => {
        this.removed.push(id);
        return script.removal ?? removedOne;
      },
    };
  }

  list = () => each(this.script.records ?? []);
  artifacts = (search: ArtifactSearch = {}) => {
    this.searches.push(search);
    return each(this.script.found ?? []);
  };
  usage = async () => this.script.usage ?? [];
  targets = async () => this.script.targets ?? [];
  checkTarget = async () => this.script.checks ?? [];
  close = async () => {
    this.closed = true;
  };
}

export const removedOne: RetentionResult = {
  version: 1,
  cutoff: '2026-01-01T00:00:00.000Z',
  removed: {executions: 1, artifacts: 2, bytes: 3, tickets: 0, leftovers: 0},
  left: [],
};

async function* nothing(): AsyncGenerator<never> {
  yield* [];
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

export function exited(status: number, more: Partial<ExecutionResult> = {}): ExecutionResult {
  const totals = {files: 0, bytes: 0, sentBytes: 0, resumedBytes: 0, failedFiles: 0};
  return {
    version: 1,
    executionId: 'scripted',
    outcome: status === 0 ? 'succeeded' : 'failed',
    command: {outcome: 'exited', status},
    target: 'local',
    generation: 1,
    staged: totals,
    collected: totals,
    starts: 1,
    warnings: [],
    endedAt: '2026-01-01T00:00:00.000Z',
    ...more,
  };
}

export function movement(direction: 'stage' | 'collect', more: Partial<MoveProgress> = {}): MoveProgress {
  return {
    direction,
    filesDone: 0,
    filesTotal: 0,
    bytesDone: 0,
    bytesTotal: 0,
    rate: 0,
    resumedBytes: 0,
    sentBytes: 0,
    ...more,
  };
}
