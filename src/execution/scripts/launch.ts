import {quote} from '../../ssh/quote.js';
import {cookieOf, type Workspace} from '../workspace.js';
import {commandScript} from './command.js';
import {identityFunctions, terminateFunctions} from './processes.js';
import {queueFunctions} from './queue.js';
import {waitFunctions} from './wait.js';
import {assign, BOOT_ID_FILE, ensureWorkspace, preamble, whole} from './workspace.js';
import {wrapperScript} from './wrapper.js';

export interface LaunchScriptOptions {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly graceMs: number;
  readonly outputCapBytes: number;
  readonly maxConcurrent?: number;
  readonly bootIdFile?: string;
  /** For tests: shell text run at a named step of the wrapper (`$1`). */
  readonly hook?: string;
}

/** Makes the workspace where it is missing, waits in line, starts the command at most once, and waits for its end. */
export function launchScript(workspace: Workspace, token: string, options: LaunchScriptOptions): string {
  const secretNames = Object.keys(options.secrets);
  const command = commandScript({
    ...options,
    secretNames,
    executionId: workspace.executionId,
    cookie: cookieOf(workspace),
  });
  // Before the shell that starts the wrapper, and only for it: on no disk and in no argument list.
  const secrets = Object.values(options.secrets).map((value, index) => `WAYBILL_SECRET_${index}=${quote(value)} `);
  const limit = options.maxConcurrent;
  return whole(`${preamble(workspace, token, options.bootIdFile)}
${identityFunctions}${terminateFunctions}${waitFunctions}${ensureWorkspace}
${limit === undefined ? '' : `${queueFunctions}limit=${limit}`}
ensure_workspace
cd "$workspace/control" || exit 1
if [ ! -f started ] && [ ! -f exit ]; then
  ${limit === undefined ? '' : 'stand_in_line'}
  printf %s ${quote(command)} >"command.$token" || exit 1
  printf %s ${quote(wrapper(workspace, token, options))} >"wrapper.$token" || exit 1
  speak_for "$$" </dev/null & speaker=$!
  ${secrets.map((assignment) => `export ${assignment}`).join('\n')}
  # Nobody's child, so that nothing that ends the connection's processes takes it along. Its standard output is held by
  # it alone and never written to: the substitution ends when it does.
  : "$( new_session /bin/sh "wrapper.$token" </dev/null 2>"errors.$token" & )"
  ${secretNames.map((_, index) => `unset WAYBILL_SECRET_${index}`).join('\n')}
  kill "$speaker" 2>/dev/null
  wait "$speaker"
  if [ ! -f started ] && [ ! -f exit ]; then
    head -c 4096 "errors.$token" >&2
    echo "the command was not started" >&2
    exit 1
  fi
fi
await_end`);
}

function wrapper(workspace: Workspace, token: string, options: LaunchScriptOptions): string {
  const variables = {
    token,
    cookie: cookieOf(workspace),
    boot_file: options.bootIdFile ?? BOOT_ID_FILE,
    cap: options.outputCapBytes,
    grace_tenths: Math.ceil(options.graceMs / 100),
    timeout: options.timeoutMs === undefined ? '' : String(options.timeoutMs / 1000),
  };
  return `${assign(variables)}hook() {\n${options.hook ?? ':'}\n}\n${wrapperScript}`;
}
