import {WaybillError} from '../../contracts/errors.js';
import {checkStoreName, joinStorePath} from '../../stores/paths.js';
import type {StorePath} from '../../stores/store.js';

/**
 * Where everything lies below the root of a bundle storage:
 *
 *     blobs/3f/3f1c…e2     the content of files, each once, by its SHA-256
 *     bundles/9a04…77      a manifest, by its SHA-256: written last, and the bundle is there with it
 *     jobs/render-7/9a04…  which job has which bundle
 *     partials/9a04…77/    unfinished blobs of one bundle
 */
export const BLOBS: StorePath = 'blobs';
export const PARTIALS: StorePath = 'partials';

const SCHEME = 'waybill-bundle:sha256:';

/** Below `BLOBS`. */
export function blobName(sha256: string): StorePath {
  return `${sha256.slice(0, 2)}/${sha256}`;
}

export function blobKey(sha256: string): StorePath {
  return joinStorePath(BLOBS, blobName(sha256));
}

export function bundleKey(digest: string): StorePath {
  return joinStorePath('bundles', digest);
}

/** Rejects with `name.outside-root` or `name.not-carried` an id that is not one component of a path. */
export function jobKey(jobId: string, digest: string): StorePath {
  return joinStorePath('jobs', checkStoreName(jobId), digest);
}

export function partialsKey(digest: string): StorePath {
  return joinStorePath(PARTIALS, digest);
}

/** What names a bundle wherever it is stored. */
export function bundleUrl(digest: string): string {
  return SCHEME + digest;
}

/** The digest that a bundle is named by. Rejects with `input.invalid` what `bundleUrl` has not made. */
export function digestIn(url: string): string {
  const digest = url.startsWith(SCHEME) ? url.slice(SCHEME.length) : '';
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new WaybillError('input.invalid', `${JSON.stringify(url)} names no bundle.`, {
    path: url,
    remedy: 'Use what uploadAssetBundle has answered.',
  });
}
