import type {WaitedFor} from '../client/connect.js';
import {WaybillError} from '../contracts/errors.js';
import type {CliContext, Notices} from './context.js';
import {rawArguments} from './raw-arguments.js';
import type {Operator} from './operator.js';

const WAITING: Readonly<Record<WaitedFor, string>> = {
  temporal: 'Temporal does not answer: waiting for it, for five minutes',
  worker: 'No worker has answered yet: waiting for one',
};

/** The context of the real process. Its streams are opened when they are first used. */
export function processContext(operator: () => Promise<Operator>, onConnect: () => void): CliContext {
  const notices: Notices = {show: () => undefined};
  return {
    environment: process.env,
    notices,
    get cwd() {
      return currentDirectory();
    },
    rawArguments,
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
    signals: process,
    operator,
    connect: async (options) => {
      onConnect();
      const {WaybillClient} = await import('../client/client.js');
      return WaybillClient.connect({...options, onWaiting: (forWhom) => notices.show(WAITING[forWhom])});
    },
  };
}

/** Asked for by the commands that need it only: the others work in a directory that was removed meanwhile. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new WaybillError('store.not-found', 'The current directory is not there any more.', {
      cause,
      remedy: 'Change to a directory that exists.',
    });
  }
}
