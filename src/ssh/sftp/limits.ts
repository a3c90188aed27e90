import type {FieldReader} from './fields.js';
import {MOST_DATA_BYTES} from './reply-reader.js';

/** Bytes of data in one request. */
export interface SftpLimits {
  readonly read: number;
  readonly write: number;
}

/** What every server takes: the protocol asks for 34,000 bytes with everything. */
const LEAST_BYTES = 32 * 1024;

export const LEAST_LIMITS: SftpLimits = {read: LEAST_BYTES, write: LEAST_BYTES};

/** The answer to `limits@openssh.com`, where 0 says nothing. AsyncSSH offers 4 MiB, which is more than a reply may hold here. */
export function readLimits(fields: FieldReader): SftpLimits {
  // The longest packet comes first.
  fields.uint64();
  const [read, write] = [fields.uint64(), fields.uint64()];
  return {read: Math.min(read || LEAST_BYTES, MOST_DATA_BYTES), write: write || LEAST_BYTES};
}
