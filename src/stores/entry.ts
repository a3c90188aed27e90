/** A path below a store's root: `/` between components, no leading `/`, no `.` or `..` component; `''` is the root. */
export type StorePath = string;

export type EntryKind = 'file' | 'directory' | 'link' | 'special';

/** What a store says of one name. A link is described itself, never what it points to. */
export interface Entry {
  readonly kind: EntryKind;
  /** Bytes; 0 for everything but a file. */
  readonly size: number;
  /** The permission bits, 0o7777 at most. */
  readonly mode: number;
  /** Milliseconds since 1970; whole seconds where `properties.timeResolutionMs` says so. */
  readonly modifiedAt: number;
  /** Numbers of user and group, where the store knows them. */
  readonly owner?: Owner;
  /**
   * Changes whenever the content may have changed: at least size and modification time, and inode and change time
   * where the store knows them, or what names the bytes themselves. Two equal strings of one store mean the same bytes.
   */
  readonly identity: string;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface ListedEntry extends Entry {
  /** One path component, exactly as the store holds it. */
  readonly name: string;
  /** Set where the name cannot be carried exactly (bytes that are not UTF-8): `name` is then a printable stand-in. */
  readonly unrepresentable?: true;
  /** Set where `mode` and `modifiedAt` are stand-ins, because `ListOptions.attributes` allowed it. */
  readonly attributesLeftOut?: true;
}

export interface Attributes {
  readonly mode?: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt?: number;
  /** Rejects with `store.permission-denied` where the user of that side may not give files away. */
  readonly owner?: Owner;
}
