import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {fingerprint, judgeHostKey, knownKeyTypes, parseKnownHosts} from './known-hosts.js';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'waybill-known-hosts-'));
});
afterAll(() => rmSync(directory, {recursive: true}));

interface Key {
  readonly line: string;
  readonly blob: Buffer;
  readonly file: string;
}

function makeKey(name: string, type: 'ed25519' | 'ecdsa' = 'ed25519'): Key {
  const file = join(directory, name);
  rmSync(file, {force: true});
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', file]);
  const line = readFileSync(`${file}.pub`, 'utf8').trim();
  return {line, blob: Buffer.from(line.split(' ')[1] ?? '', 'base64'), file: `${file}.pub`};
}

function judge(text: string, host: string, key: Key): string {
  return judgeHostKey(parseKnownHosts(text, 'known_hosts'), host, key.blob).verdict;
}

test('knows a host by name, by pattern, among several, and with a port', () => {
  const key = makeKey('a');
  expect(judge(`example.org ${key.line}`, 'example.org', key)).toBe('known');
  expect(judge(`other,EXAMPLE.org ${key.line}`, 'example.org', key)).toBe('known');
  expect(judge(`*.org ${key.line}`, 'example.org', key)).toBe('known');
  expect(judge(`[example.org]:2222 ${key.line}`, '[example.org]:2222', key)).toBe('known');
  expect(judge(`\n# comment\n  example.org\t${key.line} with a comment\r\n`, 'example.org', key)).toBe('known');
});

test('does not take a key for another host, port or negated pattern', () => {
  const key = makeKey('b');
  expect(judge(`example.org ${key.line}`, 'example.com', key)).toBe('unknown');
  expect(judge(`example.org ${key.line}`, '[example.org]:2222', key)).toBe('unknown');
  expect(judge(`*.org,!example.org ${key.line}`, 'example.org', key)).toBe('unknown');
  expect(judge(`exampleXorg ${key.line}`, 'example.org', key)).toBe('unknown');
});

test('finds hosts that ssh-keygen has hashed', () => {
  const key = makeKey('c');
  const file = join(directory, 'hashed');
  writeFileSync(file, `[example.org]:2222 ${key.line}\n`);
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], {stdio: 'ignore'});
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain('example');
  expect(judge(text, '[example.org]:2222', key)).toBe('known');
  expect(judge(text, 'example.org', key)).toBe('unknown');
});

test('tells a changed key from one of a type not seen before', () => {
  const [known, changed, other] = [makeKey('d'), makeKey('e'), makeKey('f', 'ecdsa')];
  expect(judge(`example.org ${known.line}`, 'example.org', changed)).toBe('changed');
  expect(judge(`example.org ${known.line}`, 'example.org', other)).toBe('unknown');
  expect(knownKeyTypes(parseKnownHosts(`h ${other.line}\nh ${known.line}`, ''), 'h')).toEqual([
    'ecdsa-sha2-nistp256',
    'ssh-ed25519',
  ]);
});

test('refuses a revoked key even where another line knows it, and takes no certificate authority for a key', () => {
  const key = makeKey('g');
  expect(judge(`example.org ${key.line}\n@revoked * ${key.line}`, 'example.org', key)).toBe('revoked');
  expect(judge(`@cert-authority * ${key.line}`, 'example.org', key)).toBe('unknown');
});

test('prints fingerprints as ssh-keygen does', () => {
  const key = makeKey('h');
  expect(execFileSync('ssh-keygen', ['-lf', key.file]).toString()).toContain(`${fingerprint(key.blob)} `);
});
