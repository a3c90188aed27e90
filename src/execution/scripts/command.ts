import {WaybillError} from '../../contracts/errors.js';
import {quote} from '../../ssh/quote.js';

export interface CommandLine {
  /** The command and its arguments; never seen by a shell as anything but data. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Names of the secrets; their values are in the environment of the wrapper as WAYBILL_SECRET_0, 1, … */
  readonly secretNames: readonly string[];
  readonly executionId: string;
  readonly cookie: string;
}

/** Names that one shell or another keeps for itself: setting them fails, or sets something else. */
const KEPT_BY_SHELLS =
  /^(?:_|E?UID|GROUPS|SHELLOPTS|BASHOPTS|BASH_.*|BASHPID|S?RANDOM|SECONDS|LINENO|OPTIND|OPTARG|EPOCH.*|FUNCNAME|DIRSTACK|HISTCMD|COMP_.*|PPID|IFS|PS4)$/;

/**
 * The last shell before the command: sets what the command sees and becomes it. No secret is in this text, which lies
 * on the target's disk as long as the workspace does.
 */
export function commandScript(line: CommandLine): string {
  const program = line.command[0] ?? '';
  const kept = Object.entries(line.environment).filter(([name]) => KEPT_BY_SHELLS.test(name));
  refuseUnsettable(line, program, kept.length > 0);
  const exported = Object.entries(line.environment).filter(([name]) => !KEPT_BY_SHELLS.test(name));
  const assignments = kept.map(([name, value]) => quote(`${name}=${value}`)).join(' ');
  // env takes what holds `=` for an assignment: such a program is started without it.
  const viaEnv = program.includes('=') ? ':' : `exec /usr/bin/env --default-signal=INT,QUIT -- ${assignments} "$@"`;
  return [
    // A power cut must not forget the start of a command that has begun.
    'sync started 2>/dev/null &',
    // A shell starts what runs in its background with interrupts ignored; env gives them back where it can.
    'signals=no now="date -u +%Y-%m-%dT%H:%M:%SZ"',
    '/usr/bin/env --default-signal=INT,QUIT $now >begun 2>/dev/null && signals=yes || $now >begun',
    'wait',
    `set -- ${line.command.map(quote).join(' ')}`,
    'cd ../work || exit 126',
    'unset SSH_CONNECTION SSH_CLIENT SSH_TTY SSH_ORIGINAL_COMMAND OLDPWD',
    'export PATH="${PATH:-/usr/local/bin:/usr/bin:/bin}"',
    ...exported.map(([name, value]) => `export ${name}=${quote(value)}`),
    ...line.secretNames.map(
      (name, index) => `export ${name}="$WAYBILL_SECRET_${index}"; unset WAYBILL_SECRET_${index}`,
    ),
    `export WAYBILL_EXECUTION_ID=${quote(line.executionId)} WAYBILL_COOKIE=${quote(line.cookie)}`,
    'command -v "$1" >/dev/null 2>&1 || : >../control/command-not-found',
    `if [ "$signals" = yes ]; then ${viaEnv}; fi`,
    assignments === '' ? plainExec(program) : `exec /usr/bin/env ${assignments} "$@"`,
    '',
  ].join('\n');
}

/** Some shells take a leading dash for an option of exec, others do not know `--`. */
function plainExec(program: string): string {
  return program.startsWith('-') ? 'exec /usr/bin/env -- "$@"' : 'exec "$@"';
}

function refuseUnsettable(line: CommandLine, program: string, needsEnv: boolean): void {
  if (program.includes('=') && needsEnv) {
    throw new WaybillError(
      'input.invalid',
      'a program with "=" in its name cannot be given such environment variables',
      {
        path: program,
      },
    );
  }
  const secret = line.secretNames.find((name) => KEPT_BY_SHELLS.test(name) || name.startsWith('WAYBILL_'));
  if (secret !== undefined) throw new WaybillError('input.invalid', `a secret cannot be named ${secret}`);
}
