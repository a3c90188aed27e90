import {resolve} from 'node:path';
import type {TransferOptionsRequest} from '../../contracts/transfer.js';
import {copy} from '../../transfer/copy/copy.js';
import type {CopyEvent} from '../../transfer/copy/events.js';
import type {CopyPlace} from '../../transfer/copy/locate.js';
import type {FileOutcome} from '../../transfer/file-outcome.js';
import type {CliContext} from '../context.js';
import {CopyReporter} from '../copy/copy-reporter.js';
import {writeManifest} from '../copy/manifest-file.js';
import {EXIT} from '../exit-codes.js';
import {Screen} from '../terminal/screen.js';
import {claimForThisProcess} from './claim-destination.js';
import {openDirectPlaces} from './direct-places.js';

export interface DirectCopy {
  readonly sources: readonly string[];
  readonly destination: string;
  readonly options: TransferOptionsRequest;
  /** Where every file's outcome is written. */
  readonly manifest?: string;
  readonly json: boolean;
}

/** Copies in this process, with the configuration of a worker. Ctrl-C leaves what the same command takes up again. */
export async function copyDirectly(context: CliContext, order: DirectCopy): Promise<number> {
  const {cwd} = context;
  const screen = new Screen(context);
  const reporter = new CopyReporter(screen, order.json);
  const places = await openDirectPlaces(context);
  const settled = new Map<string, FileOutcome>();
  try {
    const sources: CopyPlace[] = [];
    for (const text of order.sources) sources.push(await places.place(text, order.options));
    const telling = new Telling(reporter);
    const destination = await places.place(order.destination, order.options);
    const onEvent = (event: CopyEvent): void => {
      telling.tell(event);
      if ('outcome' in event && order.manifest !== undefined) settled.set(event.outcome.name, event.outcome);
    };
    const result = await copy(sources, destination, {
      ...order.options,
      signal: places.signal,
      onEvent,
      keepOutcomes: order.manifest !== undefined,
      claim: async (claimed) => {
        const claims = await places.claims();
        const storeRoot = await places.storeRoot(order.destination);
        const own = {store: destination.store, location: order.destination, storeRoot};
        return await claimForThisProcess(claims, own, claimed, (why) => reporter.line(`Waiting: ${why}`));
      },
    }).catch(async (error: unknown) => {
      // Where nothing was settled an earlier manifest is left alone; why the copy ended is what the caller has to know.
      if (order.manifest !== undefined && settled.size > 0)
        await writeManifest(resolve(cwd, order.manifest), settled.values()).catch(() => undefined);
      throw error;
    });
    await telling.told;
    const {outcomes, notPlanned, ...ended} = result;
    if (order.manifest !== undefined) await writeManifest(resolve(cwd, order.manifest), [...outcomes, ...notPlanned]);
    return await reporter.ended(ended);
  } catch (error) {
    if (!places.signal.aborted) throw error;
    reporter.pause();
    reporter.line('Interrupted: the same command takes it up where it was.');
    return EXIT.cancelled;
  } finally {
    reporter.pause();
    await places.close();
  }
}

/** Tells events in their order; progress that comes while something is being told is left out. */
class Telling {
  told: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(private readonly reporter: CopyReporter) {}

  tell(event: CopyEvent): void {
    if (event.event === 'progress' && this.#waiting > 0) return;
    this.#waiting += 1;
    this.told = this.told
      .then(() => this.#one(event))
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  async #one(event: CopyEvent): Promise<void> {
    switch (event.event) {
      case 'progress':
        return this.reporter.progress(event.progress);
      case 'retrying':
        return this.reporter.retrying(event.attempt, event.reason);
      case 'planned':
        this.reporter.line(`${event.would === 'copy' ? 'copy' : 'keep'}  ${event.name}`);
        return this.reporter.event(event);
      case 'completed':
      case 'failed':
        return;
      default:
        return this.reporter.event(event);
    }
  }
}
