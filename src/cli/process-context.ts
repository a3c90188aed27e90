import type {CliContext} from './context.js';
import type {Operator} from './operator.js';

/** The context of the real process. Its streams are opened when they are first used. */
export function processContext(operator: () => Promise<Operator>, onConnect: () => void): CliContext {
  return {
    environment: process.env,
    cwd: process.cwd(),
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
      return WaybillClient.connect(options);
    },
  };
}
