import {main} from '../../src/cli/main.js';
import {type Captured, capture, type Surroundings} from './captured-context.js';
import {exited, type Script, ScriptedClient} from './scripted-client.js';

export interface Ran extends Pick<Captured, 'connected'> {
  readonly status: number;
  readonly client: ScriptedClient;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line with a client that does as the script says. Nobody answers a question. */
export async function runScripted(
  argv: readonly string[],
  script: Partial<Script> = {},
  surroundings: Surroundings = {},
): Promise<Ran> {
  const client = new ScriptedClient({result: async () => exited(0), ...script});
  const {context, connected, stdin, stdout, stderr} = capture(client, surroundings);
  stdin.end();
  const status = await main(argv, context);
  return {status, client, connected, stdout: stdout(), stderr: stderr()};
}
