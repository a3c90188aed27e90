import {XMLParser} from 'fast-xml-parser';
import type {z} from 'zod';
import {S3Failure} from './errors.js';

/** Elements that may occur once or often and are wanted as lists. */
const LISTS = new Set(['Contents', 'CommonPrefixes', 'Part', 'Upload', 'Error.Error', 'DeleteResult.Error']);

const parser = new XMLParser({
  ignoreAttributes: true,
  // Keys and sizes are text: what looks like a number must not lose its leading zeros.
  parseTagValue: false,
  trimValues: false,
  // Quotes around ETags come as `&#34;`.
  htmlEntities: true,
  isArray: (name, path) => LISTS.has(name) || LISTS.has(String(path)),
});

/** Reads an answer; one that is not what the schema says is a server that answers against the protocol. */
export function parseXml<T>(schema: z.ZodType<T>, body: Uint8Array): T {
  const read = schema.safeParse(parsed(body));
  if (read.success) return read.data;
  throw new S3Failure({status: 200, code: 'MalformedAnswer', message: read.error.message});
}

export function parsed(body: Uint8Array): unknown {
  try {
    const value: unknown = parser.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
    return value;
  } catch (error) {
    throw new S3Failure({status: 200, code: 'MalformedAnswer', message: 'The answer is not XML.', cause: error});
  }
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** What XML 1.0 has no way to write, escaped or not. */
export function isBeyondXml(text: string): boolean {
  return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text);
}
