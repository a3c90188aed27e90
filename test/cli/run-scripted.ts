import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach} from 'vitest';
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
  const captured = capture(client, surroundings);
  captured.stdin.end();
  const status = await main(argv, captured.context);
  return {status, client, connected: captured.connected, stdout: captured.stdout(), stderr: captured.stderr()};
}

export interface CliHome {
  readonly path: string;
  /** Where the command line keeps its records, and the current directory. */
  readonly surroundings: Surroundings;
  readonly cli: (script: Partial<Script>, ...argv: readonly string[]) => Promise<Ran>;
}

/** A directory for each test of a file: what one call leaves there, the next one finds. */
export function cliHomeForEach(): CliHome {
  let path = '';
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'waybill-cli-'));
  });
  afterEach(() => rm(path, {recursive: true}));
  const surroundings = (): Surroundings => ({environment: {XDG_STATE_HOME: path}, cwd: path});
  return {
    get path() {
      return path;
    },
    get surroundings() {
      return surroundings();
    },
    cli: (script, ...argv) => runScripted(argv, script, surroundings()),
  };
}
