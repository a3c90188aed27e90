import {createHash} from 'node:crypto';
import {describe, expect, it} from 'vitest';
import {type BundleEntry, encodeBundle, parseBundle} from './manifest.js';

const sha256 = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');
const file = (path: string, content = 'x') =>
  ({path, kind: 'file', mode: 0o644, size: content.length, sha256: sha256(content)}) satisfies BundleEntry;
const directory = (path: string, mode = 0o755): BundleEntry => ({path, kind: 'directory', mode});
const link = (path: string, target: string): BundleEntry => ({path, kind: 'link', target});

/** What somebody who may write to the storage could put there, under the digest that it really has. */
function hostile(lines: readonly object[]): () => unknown {
  const all = [{waybill: 'bundle', version: 1, lines: lines.length}, ...lines];
  const text = Buffer.from(all.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return () => parseBundle(text, sha256(text));
}

describe('the manifest of a bundle', () => {
  it('is the same whatever the order in which a file system lists its names', () => {
    const entries = [directory('d'), file('d/a'), link('d/l', 'a'), file('d.txt'), file('名')];
    const {bundle, text} = encodeBundle(entries);
    expect(encodeBundle([...entries].reverse())).toEqual({bundle, text});
    expect(bundle.entries.map(({path}) => path)).toEqual(['d', 'd.txt', 'd/a', 'd/l', '名']);
    expect(parseBundle(text, bundle.digest)).toEqual(bundle);
  });

  it.each<[string, BundleEntry]>([
    ['the name', file('b')],
    ['the mode', {...file('a'), mode: 0o600}],
    ['the content', file('a', 'y')],
    ['the size', {...file('a'), size: 2}],
    ['the kind', directory('a')],
    ['the target of a link', link('a', 'x')],
  ])('has another digest where %s differs', (_, other) => {
    expect(encodeBundle([other]).bundle.digest).not.toBe(encodeBundle([file('a')]).bundle.digest);
  });

  it.each<[string, readonly object[], string]>([
    ['a name that leaves', [file('../x')], 'name.outside-root'],
    ['a name that leaves on the way', [directory('a'), file('a/../../x')], 'name.outside-root'],
    ['an absolute name', [file('/etc/passwd')], 'name.outside-root'],
    ['no name', [file('')], 'name.outside-root'],
    ['a name with an empty component', [directory('a'), file('a//b')], 'name.outside-root'],
    ['a name that no file system holds', [file('a\0b')], 'name.not-carried'],
    ['a link out of it', [link('a', '../x')], 'link.leaves-root'],
    ['an absolute link', [link('a', '/etc')], 'link.leaves-root'],
    [
      'a link that leaves by the way of another',
      [link('a', 'd'), link('b', 'a/../..'), directory('d')],
      'link.leaves-root',
    ],
    ['a file below a link', [directory('d'), link('l', 'd'), file('l/x')], 'name.collision'],
    ['a file below a file', [file('a'), file('a/x')], 'name.collision'],
    ['a file below nothing', [file('a/x')], 'name.collision'],
    ['one name twice', [file('a'), file('a')], 'name.collision'],
    ['a link and a file of one name', [link('a', 'b'), file('a')], 'name.collision'],
    ['names out of order', [file('b'), file('a')], 'name.collision'],
    ['a mode that runs as another user', [{...file('a'), mode: 0o4755}], 'bundle.damaged'],
    ['a kind that it does not know', [{path: 'a', kind: 'device', mode: 0o600}], 'bundle.damaged'],
    ['a digest that is none', [{...file('a'), sha256: '../../x'}], 'bundle.damaged'],
    ['a size below nothing', [{...file('a'), size: -1}], 'bundle.damaged'],
    ['a field of its own', [{...file('a'), owner: 0}], 'bundle.damaged'],
  ])('is refused with %s', (_, entries, code) => {
    expect(hostile(entries)).toThrow(expect.objectContaining({code}));
  });

  it('is refused under another name, torn, and in another version', () => {
    const {text, bundle} = encodeBundle([file('a')]);
    const damaged: unknown = expect.objectContaining({code: 'bundle.damaged'});
    expect(() => parseBundle(text, sha256('other'))).toThrow(damaged);
    expect(() => parseBundle(text.subarray(0, -1), bundle.digest)).toThrow(damaged);
    const later = Buffer.from(Buffer.from(text).toString().replace('"version":1', '"version":2'));
    expect(() => parseBundle(later, sha256(later))).toThrow(damaged);
    const torn = text.subarray(0, -10);
    expect(() => parseBundle(torn, sha256(torn))).toThrow(damaged);
  });
});
