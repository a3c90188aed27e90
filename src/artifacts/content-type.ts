import mime from 'mime';

/** What the extension says, or `application/octet-stream`. Nothing is read from the file. */
export function contentTypeOf(name: string): string {
  return mime.getType(name) ?? 'application/octet-stream';
}
