import type {webcrypto} from 'node:crypto';

/** `@hpke/core` is written for the types of browsers; Node's are the same under another name. */
declare global {
  type CryptoKey = webcrypto.CryptoKey;
  type CryptoKeyPair = webcrypto.CryptoKeyPair;
  type JsonWebKey = webcrypto.JsonWebKey;
}
