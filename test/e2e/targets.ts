import type {Sshd} from '../servers/sshd.js';

export interface LocalTargetOptions {
  readonly workspaceRoot?: string;
  readonly roots?: readonly string[] | undefined;
  readonly secrets?: readonly string[];
}

export interface SshTargetOptions extends LocalTargetOptions {
  /** Default: that of sshd; another where something stands between. */
  readonly port?: number;
  /** Default: that of sshd. */
  readonly user?: string;
}

/** An SSH target as lines of the configuration, below `targets:`. */
export function sshTarget(name: string, sshd: Sshd, options: SshTargetOptions = {}): string {
  const {port = sshd.port, user = sshd.user, ...rest} = options;
  return `  ${name}:
    kind: ssh
    host: ${sshd.host}
    port: ${port}
    user: ${user}
    identityFile: ${sshd.identityFile}
    knownHostsFile: ${sshd.knownHostsFile}
    sshConfigFile: /nonexistent
${lines(rest)}`;
}

export function localTarget(name: string, options: LocalTargetOptions): string {
  return `  ${name}:\n    kind: local\n${lines(options)}`;
}

/** The two that copies go between: `disk` here and `far` over SSH, both with the stack's `files`. */
export function diskAndFar(sshd: Sshd, directory: string): string {
  const roots = [`${directory}/files`];
  return localTarget('disk', {roots}) + sshTarget('far', sshd, {roots});
}

function lines(settings: LocalTargetOptions): string {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return given.map(([key, value]) => `    ${key}: ${JSON.stringify(value)}\n`).join('');
}
