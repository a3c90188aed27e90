import {readFile} from 'node:fs/promises';
import {dirname, isAbsolute, join} from 'node:path';
import fastGlob from 'fast-glob';
import SSHConfig, {type Line} from 'ssh-config';
import {WaybillError} from '../contracts/errors.js';

/** What `~/.ssh/config` says of one host, values as they are written there. */
export interface HostSettings {
  /** The first value of each keyword, by its lower-case name. */
  readonly first: ReadonlyMap<string, string>;
  /** All values of keywords that may be given several times. */
  readonly identityFiles: readonly string[];
  /** What is set for this host and has no effect here. */
  readonly notices: readonly string[];
}

const NOTHING: HostSettings = {first: new Map(), identityFiles: [], notices: []};

const SUPPORTED = new Set([
  ...['hostname', 'user', 'port', 'identityfile', 'identityagent', 'identitiesonly', 'proxyjump', 'userknownhostsfile'],
  ...['hostkeyalias', 'connecttimeout', 'serveraliveinterval', 'serveralivecountmax', 'ciphers', 'hostkeyalgorithms'],
  ...['stricthostkeychecking', 'host', 'match', 'include'],
]);

/** What these change cannot be noticed here: nothing is forwarded, shown or shared. */
const WITHOUT_EFFECT = new Set([
  ...['addkeystoagent', 'tcpkeepalive', 'compression', 'loglevel', 'visualhostkey', 'hashknownhosts', 'forwardx11'],
  ...[
    'forwardx11trusted',
    'forwardagent',
    'sendenv',
    'setenv',
    'updatehostkeys',
    'checkhostip',
    'gssapiauthentication',
  ],
  ...['passwordauthentication', 'requesttty', 'escapechar', 'usekeychain', 'ignoreunknown', 'pubkeyauthentication'],
  ...['preferredauthentications', 'batchmode', 'controlpersist', 'permitlocalcommand', 'warnweakcrypto'],
]);

const MAX_INCLUDES = 64;

/** Reads what `file` says of `host`. A file that does not exist says nothing. */
export async function readHostSettings(file: string, host: string, user?: string): Promise<HostSettings> {
  const text = await readIfThere(file);
  if (text === undefined) return NOTHING;
  const included = {left: MAX_INCLUDES, notices: new Set<string>()};
  const config = SSHConfig.parse(await expandIncludes(text, file, included));
  const matched = config.compute(user === undefined ? {Host: host} : {Host: host, User: user}, {
    ignoreCase: true,
    matchExec: false,
  });
  const first = new Map<string, string>();
  const notices = new Set([...included.notices, ...matchExecNotices(config)]);
  for (const [keyword, value] of Object.entries(matched)) {
    const name = keyword.toLowerCase();
    const text = Array.isArray(value) ? value[0] : value;
    if (text !== undefined) first.set(name, text);
    if (!SUPPORTED.has(name) && !WITHOUT_EFFECT.has(name)) notices.add(`${spelling(config, name)} is not supported`);
  }
  const files = matched['identityfile'] ?? [];
  return {first, identityFiles: Array.isArray(files) ? files : [files], notices: [...notices]};
}

/** The keyword as the file writes it. */
function spelling(lines: readonly Line[], keyword: string): string {
  for (const line of lines) {
    if ('param' in line && line.param.toLowerCase() === keyword) return line.param;
    const below = 'config' in line ? spelling(line.config, keyword) : keyword;
    if (below !== keyword) return below;
  }
  return keyword;
}

function matchExecNotices(config: readonly Line[]): string[] {
  const runs = config.some(
    (line) => 'criteria' in line && Object.keys(line.criteria).some((name) => name.toLowerCase() === 'exec'),
  );
  return runs ? ['Match exec is not run, and never matches'] : [];
}

/** The parser knows no Include: what the files hold is put in its place, as OpenSSH reads it. */
async function expandIncludes(
  text: string,
  file: string,
  budget: {left: number; notices: Set<string>},
): Promise<string> {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const patterns = /^\s*include[\s=]+(.+)$/i.exec(line)?.[1];
    if (patterns === undefined) {
      lines.push(line);
      continue;
    }
    const home = process.env.HOME ?? '/';
    for (const pattern of patterns.trim().split(/\s+/)) {
      const bare = pattern.replaceAll('"', '').replace(/^~(?=\/)/, home);
      for (const path of await fastGlob(isAbsolute(bare) ? bare : join(dirname(file), bare), {dot: true})) {
        budget.left -= 1;
        if (budget.left < 0) {
          budget.notices.add(`Include: more than ${MAX_INCLUDES} files, the rest is not read`);
          return lines.join('\n');
        }
        lines.push(await expandIncludes((await readIfThere(path)) ?? '', path, budget));
      }
    }
  }
  return lines.join('\n');
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new WaybillError('ssh.configuration', `Cannot read ${file}`, {path: file, cause: error});
  }
}
