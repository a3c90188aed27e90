import type {S3Client} from './client.js';
import type {KeySpace} from './keys.js';
import type {Placement} from './placement.js';

/** What every call of one store works on. */
export interface Bucket {
  readonly client: S3Client;
  readonly keys: KeySpace;
  readonly placement: Placement;
}
