import type {ErrorCode} from '../../contracts/errors.js';

/** One name that breaks programs which take names for anything but data, and what has to become of it. */
export interface HostileName {
  readonly title: string;
  readonly name: string;
}

/** Single components that every store on a file system MUST carry exactly. */
export const carriedNames: readonly HostileName[] = [
  {title: 'a leading dash', name: '-rf'},
  {title: 'the end of options', name: '--'},
  {title: 'a lone dash', name: '-'},
  {title: 'spaces inside', name: 'two  spaces'},
  {title: 'a leading space', name: ' leading'},
  {title: 'a trailing space', name: 'trailing '},
  {title: 'a space and a dot', name: ' .'},
  {title: 'a dot and a space', name: '. '},
  {title: 'three dots', name: '...'},
  {title: 'a name that begins with two dots', name: '..hidden'},
  {title: 'a single quote', name: "it's"},
  {title: 'double quotes', name: 'say "so"'},
  {title: 'a command substitution', name: '$(touch waybill-was-here)'},
  {title: 'backquotes', name: '`touch waybill-was-here`'},
  {title: 'a variable', name: '$HOME and ${PATH}'},
  {title: 'shell operators', name: 'a; b & c | d > e < f'},
  {title: 'a comment and a history mark', name: '#a !b ^c'},
  {title: 'a newline', name: 'new\nline'},
  {title: 'a trailing newline', name: 'trailing\n'},
  {title: 'a backslash', name: 'back\\slash'},
  {title: 'an escape sequence spelled out', name: '\\n\\x41\\0'},
  {title: 'a tab', name: 'a\ttab'},
  {title: 'a carriage return', name: 'carriage\rreturn'},
  {title: 'control characters', name: '\u0001\u001b[31m\u0007\u007f'},
  {title: 'é composed (NFC)', name: 'caf\u00e9'},
  {title: 'é decomposed (NFD)', name: 'cafe\u0301'},
  {title: '255 bytes of ASCII', name: 'x'.repeat(255)},
  {title: '255 bytes in 85 characters', name: '\u20ac'.repeat(85)},
  {title: 'an upper-case twin', name: 'TWIN'},
  {title: 'a lower-case twin', name: 'twin'},
  {title: 'an emoji of several code points', name: '\u{1f469}\u200d\u{1f680}\u{1f6a2}'},
  {title: 'a right-to-left override', name: 'gpj.\u202eexe'},
  {title: 'a byte order mark', name: '\ufeffmark'},
  {title: 'a line separator', name: 'a\u2028b'},
  {title: 'a tilde', name: '~'},
  {title: 'a tilde with a user', name: '~root'},
  {title: 'a star', name: '*'},
  {title: 'a pattern', name: '?[a-z]{b,c}'},
  {title: 'a location', name: 'target:path'},
  {title: 'an assignment', name: 'PATH=x'},
  {title: 'percent signs', name: '%2e%2e%2f%s%n'},
  {title: 'what looks unfinished', name: 'report.partial'},
  {title: 'what looks like a temporary object', name: '.waybill-object-0'},
  {title: 'what other tools ignore', name: '.DS_Store'},
  {title: 'a member of every object', name: '__proto__'},
];

/** Those of them that a store without `controlCharacters` MUST refuse by name. */
export const controlCharacters: readonly HostileName[] = carriedNames.filter(({name}) => name.includes('\u0001'));

/** Those of them that a store without `spacedDots` MUST refuse by name. */
export const spacedDots: readonly HostileName[] = carriedNames.filter(({name}) => name.trim() === '.');

/** Paths of several components that MUST be carried. */
export const carriedPaths: readonly HostileName[] = [
  {title: '60 levels', name: Array.from({length: 60}, (_, level) => `level ${level}`).join('/')},
  {title: 'a directory with a leading dash', name: '-d/-f'},
  {title: 'a directory with a newline', name: 'a\nb/c\nd'},
  {title: 'a directory of one space', name: ' / '},
];

/** MUST be carried, or refused by name by a store without `longPaths`. */
export const longPath: HostileName = {
  title: '3,000 bytes',
  name: Array.from({length: 12}, () => 'd'.repeat(249)).join('/'),
};

/** Names that MUST be refused before anything is touched, with the code that says so. */
export const refusedNames: readonly (HostileName & {readonly code: ErrorCode})[] = [
  {title: 'the parent', name: '..', code: 'name.outside-root'},
  {title: 'the parent on the way', name: 'a/../../b', code: 'name.outside-root'},
  {title: 'the parent at the end', name: 'a/..', code: 'name.outside-root'},
  {title: 'the directory itself', name: '.', code: 'name.outside-root'},
  {title: 'the directory itself on the way', name: 'a/./b', code: 'name.outside-root'},
  {title: 'an absolute path', name: '/etc/hostname', code: 'name.outside-root'},
  {title: 'an empty component', name: 'a//b', code: 'name.outside-root'},
  {title: 'a trailing slash', name: 'a/', code: 'name.outside-root'},
  {title: 'NUL', name: 'a\0b', code: 'name.not-carried'},
  {title: 'half of a surrogate pair', name: 'a\ud83d', code: 'name.not-carried'},
  {title: '256 bytes', name: 'x'.repeat(256), code: 'name.not-carried'},
  {title: '256 bytes in 86 characters', name: `${'\u20ac'.repeat(85)}x`, code: 'name.not-carried'},
];

/** Names of a Linux directory that are not UTF-8: listed, marked as unrepresentable, never taken for another name. */
export const unrepresentableNames: readonly {readonly title: string; readonly bytes: Uint8Array}[] = [
  {title: 'Latin-1', bytes: Uint8Array.from([0x63, 0x61, 0x66, 0xe9])},
  {title: 'bytes that no UTF-8 has', bytes: Uint8Array.from([0xff, 0xfe])},
  {title: 'a continuation without a beginning', bytes: Uint8Array.from([0x61, 0x80, 0x62])},
  {title: 'an overlong slash', bytes: Uint8Array.from([0x61, 0xc0, 0xaf, 0x62])},
  {title: 'an encoded surrogate', bytes: Uint8Array.from([0xed, 0xa0, 0x80])},
];
