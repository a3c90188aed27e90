// A payload codec for `temporal.payloadCodec` and WAYBILL_TEMPORAL_PAYLOAD_CODEC: AES-256-GCM under one key, which both
// ends have in the environment as 64 hexadecimal digits.
import {createCipheriv, createDecipheriv, randomBytes} from 'node:crypto';
import proto from '@temporalio/proto';

const ENCODING = 'binary/encrypted';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const {Payload} = proto.temporal.api.common.v1;

export default function aesGcm() {
  const key = Buffer.from(process.env.PAYLOAD_KEY ?? '', 'hex');
  if (key.length !== 32) throw new Error('PAYLOAD_KEY must be 64 hexadecimal digits');
  return {
    encode: async (payloads) => payloads.map((payload) => encrypted(key, payload)),
    // What was written before the codec was in use stays readable.
    decode: async (payloads) => payloads.map((payload) => (isEncrypted(payload) ? decrypted(key, payload) : payload)),
  };
}

function isEncrypted({metadata}) {
  return Buffer.from(metadata?.encoding ?? []).toString() === ENCODING;
}

function encrypted(key, payload) {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const content = Buffer.concat([cipher.update(Payload.encode(payload).finish()), cipher.final()]);
  return {metadata: {encoding: Buffer.from(ENCODING)}, data: Buffer.concat([nonce, cipher.getAuthTag(), content])};
}

function decrypted(key, {data}) {
  const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(data.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const content = decipher.update(data.subarray(NONCE_BYTES + TAG_BYTES));
  return Payload.decode(Buffer.concat([content, decipher.final()]));
}
