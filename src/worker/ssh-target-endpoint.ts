import type {SshTargetConfiguration} from '../config/schema.js';
import {type ResolvedEndpoint, resolveEndpoint} from '../ssh/resolve.js';

/** Everything that connecting needs, from the configuration, the SSH configuration file and the environment. */
export async function resolveSshTarget(name: string, settings: SshTargetConfiguration): Promise<ResolvedEndpoint> {
  const passphrase = settings.passphraseEnv === undefined ? undefined : process.env[settings.passphraseEnv];
  const agent = settings.agent === true ? undefined : settings.agent;
  return await resolveEndpoint({
    name,
    host: settings.host,
    ...(settings.port === undefined ? {} : {port: settings.port}),
    ...(settings.user === undefined ? {} : {user: settings.user}),
    ...(settings.identityFile === undefined ? {} : {identityFile: settings.identityFile}),
    ...(passphrase === undefined ? {} : {passphrase}),
    ...(agent === undefined ? {} : {agent}),
    knownHostsFile: settings.knownHostsFile,
    ...(settings.jumpHost === undefined ? {} : {jump: settings.jumpHost}),
    configFile: settings.sshConfigFile,
    connectTimeoutMs: settings.connectTimeoutSeconds * 1000,
  });
}
