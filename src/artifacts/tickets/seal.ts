import {promisify} from 'node:util';
import {gunzip, gzip} from 'node:zlib';
import {Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256} from '@hpke/core';
import {WaybillError} from '../../contracts/errors.js';

/** P-256, since Node 20 still calls X25519 of the Web Cryptography API an experiment, with a warning on the terminal. */
const suite = new CipherSuite({
  kem: new DhkemP256HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/** Of the encapsulated key, an uncompressed point, which stands before what is sealed. */
const ENCAPSULATED_BYTES = 65;

const zip = promisify(gzip);
const unzip = promisify(gunzip);

/** Holds the only key that opens what is sealed to `publicKey`; nothing writes it down. */
export interface Recipient {
  readonly publicKey: string;
  open(sealed: string): Promise<unknown>;
}

/** `purpose` has to be the same at both ends: what is sealed for one purpose opens for no other. */
export async function newRecipient(purpose: string): Promise<Recipient> {
  const {privateKey, publicKey} = await suite.kem.generateKeyPair();
  return {
    publicKey: Buffer.from(await suite.kem.serializePublicKey(publicKey)).toString('base64'),
    open: async (sealed) => {
      const bytes = Buffer.from(sealed, 'base64');
      const content = await suite.open(
        {recipientKey: privateKey, enc: bytes.subarray(0, ENCAPSULATED_BYTES), info: Buffer.from(purpose)},
        bytes.subarray(ENCAPSULATED_BYTES),
      );
      const opened: unknown = JSON.parse((await unzip(Buffer.from(content))).toString());
      return opened;
    },
  };
}

/** Base64 that only the holder of the private key reads. Rejects with `input.invalid` where the key is none. */
export async function seal(publicKey: string, purpose: string, content: unknown): Promise<string> {
  const key = await suite.kem.deserializePublicKey(Buffer.from(publicKey, 'base64')).catch((cause: unknown) => {
    throw new WaybillError('input.invalid', 'publicKey: must be a point of P-256', {cause});
  });
  // URLs of one batch differ in their keys and signatures alone: a tenth is left of them.
  const packed = await zip(JSON.stringify(content), {level: 1});
  const {enc, ct} = await suite.seal({recipientPublicKey: key, info: Buffer.from(purpose)}, packed);
  return Buffer.concat([Buffer.from(enc), Buffer.from(ct)]).toString('base64');
}
