import {createHash} from 'node:crypto';
import type {SourceFile} from '../../stores/store.js';
import {readExactly} from '../read-ahead.js';
import {compressMember} from './member.js';

/** Enough to tell, and no more than one read of most stores. */
const SAMPLE_BYTES = 1024 * 1024;

/** What saves less than a tenth isn't worth being decompressed by everybody who reads it. */
const MOST_LEFT = 0.9;

/**
 * Decides by the first MiB: undefined where it isn't text (it holds a zero byte, or begins as UTF-16 does not) or does
 * not shrink by a tenth. Else the digest of what it was compressed to, which differs where zlib does: two attempts with
 * another zlib each must not share a partial. Its version is in it, since not every content tells two of them apart.
 */
export async function sampleDigest(source: SourceFile, signal: AbortSignal): Promise<string | undefined> {
  const sample = await readExactly(source, 0, Math.min(SAMPLE_BYTES, source.entry.size), signal);
  if (!looksLikeText(sample)) return undefined;
  const compressed = await compressMember(sample);
  if (compressed.length > MOST_LEFT * sample.length) return undefined;
  return createHash('sha256').update(`${process.versions.zlib} ${process.arch} `).update(compressed).digest('hex');
}

function looksLikeText(sample: Uint8Array): boolean {
  const [first, second] = sample;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return isUtf16 || !sample.includes(0);
}
