import {homedir, userInfo} from 'node:os';
import {join} from 'node:path';
import {WaybillError} from '../contracts/errors.js';
import {type HostSettings, readHostSettings} from './config-file.js';
import type {Identity, SshEndpoint} from './endpoint.js';

/** What waybill.yaml says of an SSH target. What it leaves open comes from `~/.ssh/config`, then from OpenSSH's defaults. */
export interface SshSettings {
  /** The target's name, for messages. */
  readonly name: string;
  /** A host name, an address, or an alias of `~/.ssh/config`. */
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
  readonly identityFile?: string;
  /** Decrypts the identity files. */
  readonly passphrase?: string;
  /** Socket of an SSH agent; false uses none. Default: `IdentityAgent`, then SSH_AUTH_SOCK. */
  readonly agent?: string | false;
  readonly knownHostsFile?: string;
  /** `[user@]host[:port]`, several separated by commas, or an alias of `~/.ssh/config`. */
  readonly jump?: string;
  /** Default `~/.ssh/config`; false reads none. */
  readonly configFile?: string | false;
  /** Default 15,000. */
  readonly connectTimeoutMs?: number;
}

export interface ResolvedEndpoint {
  readonly endpoint: SshEndpoint;
  /** What `~/.ssh/config` sets for this host and has no effect, each a sentence without its full stop. */
  readonly notices: readonly string[];
}

const DEFAULT_IDENTITIES = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
const MAX_JUMPS = 8;

/** Puts together everything that connecting to a target needs. Rejects with `ssh.configuration`. */
export async function resolveEndpoint(settings: SshSettings): Promise<ResolvedEndpoint> {
  return resolveHop(settings, MAX_JUMPS);
}

async function resolveHop(settings: SshSettings, jumpsLeft: number): Promise<ResolvedEndpoint> {
  if (jumpsLeft === 0) throw invalid(settings, `more than ${MAX_JUMPS} jump hosts, or jump hosts in a circle`);
  const file = settings.configFile === false ? undefined : (settings.configFile ?? join(homedir(), '.ssh', 'config'));
  const found = file === undefined ? undefined : await readHostSettings(file, settings.host, settings.user);
  const first = (keyword: string): string | undefined => found?.first.get(keyword);
  const host = first('hostname')?.replaceAll('%h', settings.host).replaceAll('%%', '%') ?? settings.host;
  const user = settings.user ?? first('user') ?? userInfo().username;
  const port = settings.port ?? numberIn(settings, 'Port', first('port')) ?? 22;
  const expand = (path: string): string => expandPath(path, {host, user, port, alias: settings.host});
  // 0 is OpenSSH's word for no limit. There is one here in any case: a peer that is gone must not hold a transfer.
  const seconds = secondsIn(settings, 'ConnectTimeout', first('connecttimeout')) || 15;
  const keepAliveMs = (secondsIn(settings, 'ServerAliveInterval', first('serveraliveinterval')) || 5) * 1000;
  const misses = numberIn(settings, 'ServerAliveCountMax', first('serveralivecountmax')) || 3;
  const jump = await resolveJump(settings, settings.jump ?? first('proxyjump'), jumpsLeft);
  const alias = first('hostkeyalias');
  const agentSocket = chooseAgent(settings, first('identityagent'), expand);
  const ciphers = plainList(first('ciphers'));
  const hostKeyAlgorithms = plainList(first('hostkeyalgorithms'));
  const knownHosts = settings.knownHostsFile ?? first('userknownhostsfile');
  return {
    endpoint: {
      name: settings.name,
      host,
      port,
      user,
      ...(alias === undefined ? {} : {hostKeyAlias: alias}),
      identities: chooseIdentities(settings, found, expand),
      identitiesOnly: first('identitiesonly')?.toLowerCase() === 'yes',
      ...(agentSocket === undefined ? {} : {agentSocket}),
      knownHostsFiles: knownHosts === undefined ? defaultKnownHosts() : knownHosts.split(/\s+/).map(expand),
      connectTimeoutMs: settings.connectTimeoutMs ?? seconds * 1000,
      keepAliveMs,
      deadAfterMs: keepAliveMs * misses,
      ...(ciphers === undefined ? {} : {ciphers}),
      ...(hostKeyAlgorithms === undefined ? {} : {hostKeyAlgorithms}),
      ...(jump === undefined ? {} : {jump: jump.endpoint}),
    },
    notices: [...(found?.notices ?? []), ...valueNotices(first), ...(jump?.notices ?? [])],
  };
}

/** The last hop of `a,b,c` is reached through `a,b`. */
async function resolveJump(
  settings: SshSettings,
  spec: string | undefined,
  jumpsLeft: number,
): Promise<ResolvedEndpoint | undefined> {
  if (spec === undefined || spec.toLowerCase() === 'none') return undefined;
  const hops = spec.split(',').map((hop) => hop.trim());
  const last = hops.pop();
  const parsed =
    /^(?:ssh:\/\/)?(?:(?<user>[^@]+)@)?(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:[\]]+))(?::(?<port>\d+))?$/.exec(
      last ?? '',
    );
  const host = parsed?.groups?.['bracketed'] ?? parsed?.groups?.['plain'];
  if (host === undefined) throw invalid(settings, `the jump host ${JSON.stringify(spec)} is not [user@]host[:port]`);
  const {user, port} = parsed?.groups ?? {};
  return resolveHop(
    {
      name: settings.name,
      host,
      ...(settings.identityFile === undefined ? {} : {identityFile: settings.identityFile}),
      ...(settings.passphrase === undefined ? {} : {passphrase: settings.passphrase}),
      ...(settings.agent === undefined ? {} : {agent: settings.agent}),
      ...(settings.knownHostsFile === undefined ? {} : {knownHostsFile: settings.knownHostsFile}),
      ...(settings.configFile === undefined ? {} : {configFile: settings.configFile}),
      ...(settings.connectTimeoutMs === undefined ? {} : {connectTimeoutMs: settings.connectTimeoutMs}),
      ...(user === undefined ? {} : {user}),
      ...(port === undefined ? {} : {port: Number(port)}),
      ...(hops.length === 0 ? {} : {jump: hops.join(',')}),
    },
    jumpsLeft - 1,
  );
}

function chooseIdentities(
  settings: SshSettings,
  found: HostSettings | undefined,
  expand: (path: string) => string,
): Identity[] {
  const secret = settings.passphrase === undefined ? {} : {passphrase: settings.passphrase};
  if (settings.identityFile !== undefined) return [{path: expand(settings.identityFile), ...secret}];
  const named = found?.identityFiles ?? [];
  // OpenSSH passes over a missing file that its own configuration names, too.
  if (named.length > 0) return named.map((path) => ({path: expand(path), optional: true, ...secret}));
  return DEFAULT_IDENTITIES.map((name) => ({path: join(homedir(), '.ssh', name), optional: true, ...secret}));
}

function chooseAgent(
  settings: SshSettings,
  configured: string | undefined,
  expand: (path: string) => string,
): string | undefined {
  if (settings.agent === false) return undefined;
  if (settings.agent !== undefined) return expand(settings.agent);
  if (configured?.toLowerCase() === 'none') return undefined;
  if (configured !== undefined && configured !== 'SSH_AUTH_SOCK') return expand(configured);
  const fromEnvironment = process.env['SSH_AUTH_SOCK'];
  return fromEnvironment === '' ? undefined : fromEnvironment;
}

function defaultKnownHosts(): string[] {
  return [join(homedir(), '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts'];
}

function expandPath(
  path: string,
  {host, user, port, alias}: {host: string; user: string; port: number; alias: string},
): string {
  const tokens: Readonly<Record<string, string>> = {
    '%%': '%',
    '%d': homedir(),
    '%h': host,
    '%n': alias,
    '%p': String(port),
    '%r': user,
    '%u': userInfo().username,
  };
  return path
    .replace(/^~(?=\/|$)/, homedir())
    .replaceAll(/\$\{(\w+)\}/g, (_all, name: string) => process.env[name] ?? '')
    .replaceAll(/%[%dhnpru]/g, (token) => tokens[token] ?? token);
}

function valueNotices(first: (keyword: string) => string | undefined): string[] {
  const checking = first('stricthostkeychecking')?.toLowerCase();
  const lax = checking !== undefined && ['no', 'off', 'accept-new'].includes(checking);
  const edited = ['ciphers', 'hostkeyalgorithms'].filter((keyword) => /^[+^-]/.test(first(keyword) ?? ''));
  return [
    ...(lax ? [`StrictHostKeyChecking ${checking} is not followed: unknown host keys are refused`] : []),
    ...edited.map((keyword) => `${keyword}: changes of the default list (+, -, ^) are not followed`),
  ];
}

function plainList(value: string | undefined): string[] | undefined {
  return value === undefined || /^[+^-]/.test(value) ? undefined : value.split(',');
}

function numberIn(settings: SshSettings, keyword: string, value: string | undefined): number | undefined {
  if (value === undefined || value.toLowerCase() === 'none') return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw invalid(settings, `${keyword} ${value} is not a number`);
  return number;
}

const SECONDS: Readonly<Record<string, number>> = {'': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800};

/** A time as OpenSSH writes it: `90`, or `1m30s`. */
function secondsIn(settings: SshSettings, keyword: string, value: string | undefined): number | undefined {
  if (value === undefined || value.toLowerCase() === 'none') return undefined;
  if (!/^(\d+[smhdw]?)+$/i.test(value)) throw invalid(settings, `${keyword} ${value} is not a time`);
  const parts = [...value.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)];
  return parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (SECONDS[unit] ?? 1), 0);
}

function invalid({name}: SshSettings, why: string): WaybillError {
  return new WaybillError('ssh.configuration', `The target ${name}: ${why}`, {path: name});
}
