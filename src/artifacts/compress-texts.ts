import {MOST_COMPRESSED_BYTES} from '../transfer/compression/member.js';
import type {PlannedFile} from '../transfer/planned-file.js';
import {contentTypeOf} from './content-type.js';

const EXTENSION = '.gz';

/** Bytes that file systems allow in one name, and S3 in a whole key, of which the default store takes a part itself. */
const MOST_COMPONENT_BYTES = 255;
const MOST_NAME_BYTES = 800;

/**
 * Marks what is compressed on its way into the default store, should its content turn out to be a text that shrinks:
 * files of `minBytes` and more whose name doesn't say that they are pictures, sound or video, and where nothing else has
 * the name that they get.
 */
export function compressTexts(entries: readonly PlannedFile[], minBytes: number): readonly PlannedFile[] {
  const taken = new Set(entries.flatMap(({name}) => withParents(name)));
  return entries.map((entry) => {
    const {kind, name, size} = entry;
    const compressAs = name + EXTENSION;
    const isLarge = kind === 'file' && size >= minBytes && size <= MOST_COMPRESSED_BYTES;
    if (!isLarge || isMedia(name) || !fits(compressAs) || taken.has(compressAs)) return entry;
    return {...entry, compressAs};
  });
}

/** Of directories with something in them there is no entry. */
function withParents(name: string): readonly string[] {
  return name.split('/').map((_, depth, components) => components.slice(0, depth + 1).join('/'));
}

function isMedia(name: string): boolean {
  const type = contentTypeOf(name);
  return /^(image|audio|video|font)\//.test(type) && !type.endsWith('+xml');
}

function fits(name: string): boolean {
  const component = name.slice(name.lastIndexOf('/') + 1);
  return Buffer.byteLength(component) <= MOST_COMPONENT_BYTES && Buffer.byteLength(name) <= MOST_NAME_BYTES;
}
