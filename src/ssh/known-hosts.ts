import {createHash, createHmac, timingSafeEqual} from 'node:crypto';

/** One line of a known_hosts file that names a key. */
export interface KnownHostLine {
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  readonly hosts: string;
  readonly keyType: string;
  readonly key: Buffer;
  readonly file: string;
  readonly line: number;
}

export type HostKeyVerdict =
  | {readonly verdict: 'known'}
  | {readonly verdict: 'revoked'; readonly at: KnownHostLine}
  | {readonly verdict: 'changed'; readonly at: KnownHostLine}
  | {readonly verdict: 'unknown'; readonly otherTypes: readonly string[]};

export function parseKnownHosts(text: string, file: string): KnownHostLine[] {
  return text.split('\n').flatMap((raw, index) => {
    const fields = raw.trim().split(/\s+/);
    const marked = fields[0]?.startsWith('@') === true;
    const [hosts, keyType, base64] = marked ? fields.slice(1) : fields;
    if (hosts === undefined || hosts === '' || hosts.startsWith('#')) return [];
    if (keyType === undefined || base64 === undefined) return [];
    const marker = !marked ? 'none' : fields[0] === '@revoked' ? 'revoked' : 'cert-authority';
    return [{marker, hosts, keyType, key: Buffer.from(base64, 'base64'), file, line: index + 1}];
  });
}

/** Judges the key that a server shows. `host` is written as `hostLabel` does. */
export function judgeHostKey(lines: readonly KnownHostLine[], host: string, key: Buffer): HostKeyVerdict {
  const revoked = lines.find(
    (line) => line.marker === 'revoked' && line.key.equals(key) && matchesHost(line.hosts, host),
  );
  if (revoked !== undefined) return {verdict: 'revoked', at: revoked};
  const own = knownKeys(lines, host);
  if (own.some((line) => line.key.equals(key))) return {verdict: 'known'};
  const type = keyTypeOf(key);
  const changed = own.find((line) => line.keyType === type);
  if (changed !== undefined) return {verdict: 'changed', at: changed};
  return {verdict: 'unknown', otherTypes: [...new Set(own.map((line) => line.keyType))]};
}

/** The key types that are known for a host, in the order of the files: what the server is asked for first. */
export function knownKeyTypes(lines: readonly KnownHostLine[], host: string): string[] {
  return [...new Set(knownKeys(lines, host).map((line) => line.keyType))];
}

/** As `ssh-keygen -lf` prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The algorithm name at the head of a public key blob. */
export function keyTypeOf(key: Buffer): string {
  if (key.length < 4) return '';
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}

function knownKeys(lines: readonly KnownHostLine[], host: string): KnownHostLine[] {
  return lines.filter((line) => line.marker === 'none' && matchesHost(line.hosts, host));
}

function matchesHost(hosts: string, host: string): boolean {
  if (hosts.startsWith('|1|')) return matchesHashed(hosts, host);
  let matched = false;
  for (const pattern of hosts.split(',')) {
    const negated = pattern.startsWith('!');
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, host)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

function matchesHashed(hosts: string, host: string): boolean {
  const [salt, hash] = hosts.slice('|1|'.length).split('|');
  if (salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, 'base64');
  const found = createHmac('sha1', Buffer.from(salt, 'base64')).update(host).digest();
  return expected.length === found.length && timingSafeEqual(expected, found);
}

function matchesPattern(pattern: string, host: string): boolean {
  const source = pattern
    .toLowerCase()
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(host.toLowerCase());
}
