import {type FileAttributes, readAttributes} from './attributes.js';
import {FieldReader} from './fields.js';
import {REPLY} from './packet-types.js';
import {SftpStatus} from './status.js';

export interface NamedEntry {
  readonly filename: string;
  readonly attrs: FileAttributes;
}

export type SftpReply =
  | {readonly kind: 'ok'}
  | {readonly kind: 'handle'; readonly handle: Buffer}
  | {readonly kind: 'data'; readonly bytes: number}
  | {readonly kind: 'names'; readonly names: readonly NamedEntry[]}
  | {readonly kind: 'attributes'; readonly attributes: FileAttributes}
  | {readonly kind: 'extended'; readonly fields: FieldReader};

/** Throws SftpStatus where the server refused. */
export function parseReply(type: number, body: Buffer): SftpReply {
  const fields = new FieldReader(body);
  switch (type) {
    case REPLY.status: {
      const status = fields.uint32();
      if (status === 0) return {kind: 'ok'};
      throw new SftpStatus(status, fields.left > 0 ? fields.string().toString() : `status ${status}`);
    }
    case REPLY.handle:
      return {kind: 'handle', handle: fields.string()};
    case REPLY.name:
      return {kind: 'names', names: readNames(fields)};
    case REPLY.attrs:
      return {kind: 'attributes', attributes: readAttributes(fields)};
    case REPLY.extended:
      return {kind: 'extended', fields};
    default:
      throw new Error(`the server sent a reply of type ${type}`);
  }
}

function readNames(fields: FieldReader): readonly NamedEntry[] {
  return Array.from({length: fields.uint32()}, () => {
    const filename = fields.string().toString();
    // What `ls -l` would print of it, for people.
    fields.string();
    return {filename, attrs: readAttributes(fields)};
  });
}
