import {z} from 'zod';
import {type UploadedInput, uploadedInput} from '../contracts/artifacts.js';
import {WaybillError} from '../contracts/errors.js';
import {checkStorePath} from '../stores/paths.js';

/**
 * What a client has put into the store, one JSON object a line, after a line that says the version and the count:
 *
 *     {"format":"waybill-inputs","version":1,"files":3}
 *     {"name":"data/a.csv","size":3,"sha256":"2c26…","mode":416,"modifiedAt":1700000000123}
 *     {"name":"b.csv","size":9,"sha256":"2c26…","mode":416,"modifiedAt":1700000000123,"stored":{"name":"b.csv.gz",…}}
 *     {"name":"out","kind":"directory","mode":488,"modifiedAt":1700000000123}
 */
const header = z.object({
  format: z.literal('waybill-inputs'),
  version: z.number().int(),
  files: z.number().int().nonnegative(),
});

const VERSION = 1;
/** What a reader has to hold in memory at most. */
export const MAX_INPUT_MANIFEST_BYTES = 64 * 1024 * 1024;
export const MAX_INPUTS = 100_000;

/** Rejects with `name.collision` where two inputs cannot both be there, and with `input.invalid` above the limits. */
export function encodeInputManifest(inputs: readonly UploadedInput[]): Uint8Array {
  checkInputNames(inputs);
  const head = {format: 'waybill-inputs', version: VERSION, files: inputs.length};
  const lines = [head, ...inputs.map((input) => uploadedInput.parse(input))];
  const bytes = new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  checkSize(bytes);
  return bytes;
}

/** Rejects with `input.invalid` what is no whole manifest of this version, naming the line. */
export function parseInputManifest(bytes: Uint8Array): readonly UploadedInput[] {
  checkSize(bytes);
  const text = decode(bytes);
  if (!text.endsWith('\n')) throw invalid('it ends in the middle of a line');
  const [first = '', ...lines] = text.slice(0, -1).split('\n');
  const {version, files} = parseLine(first, 1, header);
  if (version !== VERSION) throw invalid(`it has version ${version}, and this program reads ${VERSION}`);
  if (lines.length !== files) throw invalid(`it announces ${files} files and lists ${lines.length}`);
  const inputs = lines.map((line, index) => parseLine(line, index + 2, uploadedInput));
  checkInputNames(inputs);
  return inputs;
}

function parseLine<T>(line: string, number: number, shape: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    throw invalid(`line ${number} is not JSON`, error);
  }
  const parsed = shape.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(`line ${number}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`, parsed.error);
}

interface NamedInput {
  readonly name: string;
  readonly kind?: string | undefined;
  readonly stored?: {readonly name: string} | undefined;
}

/** What a manifest of these would be refused for, known before the first of them is sent. Throws as `encodeInputManifest`. */
export function checkInputNames(inputs: readonly NamedInput[]): void {
  if (inputs.length > MAX_INPUTS) throw invalid(`it lists ${inputs.length} files, and ${MAX_INPUTS} is the most`);
  const names = new Set<string>();
  const stored = inputs.flatMap((input) => input.stored?.name ?? []);
  for (const name of [...inputs.map((input) => input.name), ...stored]) {
    if (checkStorePath(name) === '')
      throw new WaybillError('name.outside-root', 'An input needs a name.', {path: name});
    if (names.has(name)) throw collision(name, 'is listed twice');
    names.add(name);
  }
  const files = new Set([...inputs.filter(({kind}) => kind !== 'directory').map(({name}) => name), ...stored]);
  for (const name of names) {
    for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1)) {
      if (files.has(name.slice(0, slash))) throw collision(name, `lies below a file, ${name.slice(0, slash)}`);
    }
  }
}

function checkSize(bytes: Uint8Array): void {
  if (bytes.byteLength <= MAX_INPUT_MANIFEST_BYTES) return;
  throw invalid(`it has ${bytes.byteLength} bytes, and ${MAX_INPUT_MANIFEST_BYTES} is the most`);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
  } catch (error) {
    throw invalid('it is not UTF-8', error);
  }
}

function collision(name: string, how: string): WaybillError {
  return new WaybillError('name.collision', `The input ${JSON.stringify(name)} ${how}.`, {path: name});
}

function invalid(why: string, cause?: unknown): WaybillError {
  return new WaybillError('input.invalid', `The input manifest cannot be used: ${why}.`, {cause});
}
