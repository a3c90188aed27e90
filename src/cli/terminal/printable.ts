// Names come from other machines: printed raw, an escape sequence in one could rewrite what the reader sees.
// Bidirectional and other format characters are as dangerous as the C0 and C1 sets.
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const short: Readonly<Record<string, string>> = {'\n': '\\n', '\r': '\\r', '\t': '\\t'};

/** `text` with everything that a terminal could obey written as an escape; `\` is doubled so that it reads one way. */
export function printable(text: string): string {
  return text.replaceAll('\\', '\\\\').replace(unsafe, escapeOne);
}

/** As `printable`, for sentences: line ends stay, `\` is not doubled. */
export function printableText(text: string): string {
  return text.replace(unsafe, (character) => (character === '\n' ? character : escapeOne(character)));
}

function escapeOne(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return short[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 1)}}`);
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}

/** One command line as a person would type it: words with anything unusual in single quotes, control characters escaped. */
export function printableCommand(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${printableText(word).replaceAll('\n', '\\n')}'`))
    .join(' ');
}
