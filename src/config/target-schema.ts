import {z} from 'zod';
import {computedDefault, environmentName, localPath, variableName} from './field-kinds.js';

/** What every target has, of whatever kind. */
const common = {
  taskQueue: z
    .string()
    .min(1)
    .optional()
    .describe('Task queue of the worker that reaches this target. Default: `temporal.taskQueue`.'),
  roots: z
    .array(z.string().min(1))
    .default([])
    .describe('Directories of the target that locations, copies and the commands at a place may name. Empty: none.'),
  secrets: environmentName(z.array(variableName).default([])).describe(
    'Environment variables of the worker whose values an execution may ask for with `--secret-env`. Empty: none.',
  ),
  maxConcurrentExecutions: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(4)
    .describe('Commands that run on the target at once; further ones wait in line.'),
  environment: z
    .record(variableName, z.string())
    .default({})
    .describe('Environment variables that every command gets. Not for secrets: see `secrets`.'),
  logCapBytes: z
    .number()
    .int()
    .min(65_536)
    .default(1_073_741_824)
    .describe('Bytes kept of each of standard output and standard error; what comes after is counted and left out.'),
};

export const localTarget = z.strictObject({
  kind: z.literal('local').describe('The host of the worker itself.'),
  workspaceRoot: computedDefault(localPath(z.string().min(1))).describe(
    'Directory that holds the workspaces. Default: `workspaces` below `stateDirectory`.',
  ),
  ...common,
});

export const sshTarget = z.strictObject({
  kind: z.literal('ssh').describe('A machine that is reached by SSH.'),
  host: z.string().min(1).describe('Host name, address, or a `Host` of the SSH configuration file.'),
  port: z
    .number()
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('Port. Default: what the SSH configuration file says, or 22.'),
  user: z
    .string()
    .min(1)
    .optional()
    .describe('Login name. Default: what the SSH configuration file says, or the user of the worker.'),
  identityFile: localPath(z.string().min(1).optional()).describe(
    'Private key. Default: what the SSH configuration file says, or the usual names in `~/.ssh`.',
  ),
  passphraseEnv: environmentName(variableName.optional()).describe(
    'Name of the environment variable that holds the passphrase of the private key.',
  ),
  agent: z
    .union([z.boolean(), z.string().min(1)])
    .default(true)
    .describe(
      '`true` asks the SSH agent of `SSH_AUTH_SOCK` where there is one, `false` asks none, a path names its socket.',
    ),
  knownHostsFile: localPath(z.string().min(1).default('~/.ssh/known_hosts')).describe(
    'Host keys that are trusted. A key that is not in it is refused: `waybill targets trust NAME` adds it.',
  ),
  jumpHost: z
    .string()
    .min(1)
    .optional()
    .describe('Host to connect through: `[user@]host[:port]`, or a `Host` of the SSH configuration file.'),
  sshConfigFile: localPath(z.string().min(1).default('~/.ssh/config')).describe(
    'SSH configuration file that fills in what is left out here. A file that does not exist is no error.',
  ),
  protocol: z
    .enum(['auto', 'sftp', 'scp'])
    .default('auto')
    .describe(
      'How files go over. `auto` takes SFTP, and `scp` with shell commands where the server has no SFTP; `sftp` refuses such a server, and `scp` asks for no SFTP. `waybill targets check NAME` says which it is.',
    ),
  connectTimeoutSeconds: z
    .number()
    .min(1)
    .max(600)
    .default(20)
    .describe('Time for connecting and logging in, and for an SFTP session to begin, in seconds.'),
  workspaceRoot: z
    .string()
    .min(1)
    .default('.waybill/workspaces')
    .describe('Directory that holds the workspaces; a relative path starts at the login home.'),
  ...common,
});
