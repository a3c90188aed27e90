import {createRequire} from 'node:module';
import {resolve} from 'node:path';
import {defaultPayloadConverter, type Payload, type PayloadCodec} from '@temporalio/common';
import {WaybillError} from '../contracts/errors.js';

/** What the SDK itself reads. A payload of any other encoding is what a codec has made. */
const READABLE = new Set(['json/plain', 'json/protobuf', 'binary/null', 'binary/plain', 'binary/protobuf']);

/**
 * The payloads of one end: through its codec, where it has one. What cannot be read is refused as `unreadable` says,
 * before anything takes it for the value.
 */
export class Payloads implements PayloadCodec {
  constructor(
    private readonly codec: PayloadCodec | undefined,
    private readonly unreadable: (message: string, cause?: unknown) => Error = refused,
  ) {}

  get hasCodec(): boolean {
    return this.codec !== undefined;
  }

  async encode(...[payloads, context]: Parameters<PayloadCodec['encode']>): Promise<Payload[]> {
    return this.codec === undefined ? payloads : await this.codec.encode(payloads, context);
  }

  async decode(...[payloads, context]: Parameters<PayloadCodec['decode']>): Promise<Payload[]> {
    const decoded = this.codec === undefined ? payloads : await this.decodedBy(this.codec, payloads, context);
    for (const {metadata} of decoded) {
      const encoding = Buffer.from(metadata?.['encoding'] ?? []).toString();
      if (encoding === '' || READABLE.has(encoding)) continue;
      const what =
        this.codec === undefined ? 'no codec is configured here' : 'the codec that is configured here left it so';
      throw this.unreadable(`a payload in Temporal is encoded as ${encoding}, and ${what}`);
    }
    return decoded;
  }

  async encodeValue(value: unknown): Promise<Payload> {
    const payload = defaultPayloadConverter.toPayload(value);
    return (await this.encode([payload]))[0] ?? payload;
  }

  async decodeValue(payload: Payload): Promise<unknown> {
    return defaultPayloadConverter.fromPayload((await this.decode([payload]))[0] ?? payload);
  }

  private async decodedBy(
    codec: PayloadCodec,
    ...[payloads, context]: Parameters<PayloadCodec['decode']>
  ): Promise<Payload[]> {
    try {
      return await codec.decode(payloads, context);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw this.unreadable(`the payload codec cannot decode what is in Temporal: ${reason}`, cause);
    }
  }
}

function refused(message: string, cause?: unknown): WaybillError {
  return new WaybillError('payload.not-readable', message, {cause});
}

/**
 * The default export of a module: a codec, or a function that makes one. Rejects with `config.invalid` where it is
 * neither. A relative path starts at the current directory.
 */
export async function loadPayloadCodec(path: string): Promise<PayloadCodec> {
  const invalid = (message: string, cause?: unknown) =>
    new WaybillError('config.invalid', `temporal.payloadCodec: ${message}`, {
      path,
      cause,
      remedy: 'Name a module whose default export has encode and decode, as PayloadCodec of Temporal’s SDK says.',
    });
  try {
    // The command line runs from compiled code, in which there is no import(); Node's require loads ES modules, too.
    const module: unknown = createRequire(import.meta.url)(resolve(path));
    const exported = hasDefault(module) ? module.default : module;
    const codec: unknown = isMaker(exported) ? await exported() : exported;
    if (isCodec(codec)) return codec;
  } catch (cause) {
    throw invalid(`${path} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  throw invalid(`${path} exports no codec`);
}

function hasDefault(module: unknown): module is {readonly default: unknown} {
  return typeof module === 'object' && module !== null && 'default' in module;
}

function isMaker(value: unknown): value is () => unknown {
  return typeof value === 'function';
}

function isCodec(value: unknown): value is PayloadCodec {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['encode', 'decode'].every((name) => typeof Reflect.get(value, name) === 'function')
  );
}
