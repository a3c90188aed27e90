import type {Tree} from './tree.js';

/** What is at a name, cheaply told. */
export interface Seen {
  readonly kind: 'file' | 'directory' | 'link' | 'special';
  /** Bytes; 0 for everything but a file. */
  readonly size: number;
  /** Another one means that the content may be another. */
  readonly identity: string;
}

/** What is at a name, read to the last byte. */
export interface Content {
  readonly mode: number;
  /** Whole seconds since 1970. */
  readonly modifiedAt: number;
  /** Of a file. */
  readonly sha256?: string;
  /** Of a link. */
  readonly target?: string;
}

/** SHA-256 of each file by name. */
export type Digests = ReadonlyMap<string, string>;

/** One end of a transfer as somebody sees it who is not Waybill. */
export interface Place {
  /** As the location of a transfer. */
  location(directory: string): string;
  /** Makes the tree, of random bytes. */
  fill(directory: string, tree: Tree): Promise<Digests>;
  /** Every name below a directory, unfinished files with it. */
  look(directory: string): Promise<ReadonlyMap<string, Seen>>;
  /** Rejects where it has gone meanwhile, or the place does not answer. */
  read(directory: string, name: string, kind: Seen['kind']): Promise<Content>;
  /** Names of what should not be there once every transfer has ended: unfinished files, uploads and their records. */
  leftovers(directory: string): Promise<readonly string[]>;
  remove(directory: string): Promise<void>;
}

/** Names that Waybill gives to what is not finished. */
export const UNFINISHED = /\.waybill-/;
