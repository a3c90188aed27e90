import type {CliContext} from './context.js';

/** The context of the real process. Its streams are opened when they are first used. */
export function processContext(onConnect: () => void = () => undefined): CliContext {
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
    connect: async (options) => {
      onConnect();
      const {WaybillClient} = await import('../client/client.js');
      return WaybillClient.connect(options);
    },
  };
}
