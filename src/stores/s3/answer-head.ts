/** The head of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** Names in lower case. What comes twice is joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the head itself, its empty line included. */
  readonly headBytes: number;
  /** Undefined where it is not said, or in another way than by a length. */
  readonly bodyBytes: number | undefined;
  /** Whether another request may follow on the connection. */
  readonly keepsConnection: boolean;
}

const END = Buffer.from('\r\n\r\n');
/** Their length is that of a body which does not come. */
const BODILESS = new Set(['204', '304']);
const STATUS_LINE = /^HTTP\/1\.1 ([2-5]\d\d)(?: [^\r\n]*)?$/;
/** RFC 9110, 5.6.2, and RFC 9112, 5.1: no space before the colon. A line that continues the one before is no field. */
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\r\n]*)$/;

/**
 * Reads the head of an answer (RFC 9112). `part`: its end has not come yet. `other`: what is no last answer
 * with a body, and has to be read by somebody who knows all of HTTP.
 */
export function readAnswerHead(bytes: Buffer): AnswerHead | 'part' | 'other' {
  const end = bytes.indexOf(END);
  if (end < 0) return 'part';
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const status = STATUS_LINE.exec(statusLine)?.[1];
  const headers = fieldsOf(lines);
  if (status === undefined || BODILESS.has(status) || headers === undefined) return 'other';
  const {'content-length': length = '', 'transfer-encoding': encoding, connection = ''} = headers;
  // A length that is said twice has a comma.
  const isKnown = encoding === undefined && /^\d{1,15}$/.test(length);
  return {
    status: Number(status),
    headers,
    headBytes: end + END.length,
    bodyBytes: isKnown ? Number(length) : undefined,
    keepsConnection: !/\bclose\b/i.test(connection),
  };
}

function fieldsOf(lines: readonly string[]): Record<string, string> | undefined {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    const lower = name.toLowerCase();
    const before = fields.get(lower);
    fields.set(lower, before === undefined ? trimmed(value) : `${before}, ${trimmed(value)}`);
  }
  return Object.fromEntries(fields);
}

/** Of spaces and tabs alone: `trim` would take 0xA0, too, with which letters of UTF-8 end. */
function trimmed(value: string): string {
  let [start, end] = [0, value.length];
  while (start < end && isBlank(value[start])) start += 1;
  while (end > start && isBlank(value[end - 1])) end -= 1;
  return value.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}
