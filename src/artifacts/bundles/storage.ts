import type {MoveProgress} from '../../contracts/checkpoint.js';

/** Of the content that has to cross: what the storage, or the directory, holds already is in no number. */
export type BundleProgress = Omit<MoveProgress, 'direction' | 'file' | 'resumedFrom'>;

export interface BundleOptions {
  /** Ends the call with its reason. What has crossed stays for the next call. */
  readonly signal?: AbortSignal;
  /** Called at most about ten times a second. */
  readonly onProgress?: (progress: BundleProgress) => void;
  /**
   * Called after an upload with how many unfinished files, abandoned for a week, a newer version of Waybill began: they are
   * left to it. Not called for none.
   */
  readonly onNewer?: (partials: number) => void;
}

/**
 * Keeps the assets of jobs where every worker finds them. A bundle is a directory with everything in it: files with
 * their modes, links that stay inside, empty directories. Owners and modification times are no part of it.
 *
 * Everything else that goes wrong is a WaybillError with its `code`; with `retryable` the same call may succeed later,
 * and goes on where this one was.
 */
export interface ArtifactStorage {
  /**
   * Stores what lies in `localDir` for a job, and answers what names it: the same text for the same assets. What is
   * stored already, for whichever job, is not sent again. Nobody can download it before all of it is there.
   *
   * Rejects with the first thing that cannot be carried: `store.not-found`, `store.permission-denied`,
   * `link.leaves-root`, `source.special-file`, `name.not-carried`, `source.changed` where a file changed meanwhile.
   */
  uploadAssetBundle(jobId: string, localDir: string, options?: BundleOptions): Promise<string>;

  /**
   * Restores a bundle of this job as `targetDir`, which has to be missing or empty, and appears whole in one step; its
   * modification times are those of the download. A directory that holds exactly this bundle is left as it is. Until then everything lies in a hidden directory beside it, where the
   * next call of a download that was cut goes on.
   *
   * Every file is compared with the digest that it was uploaded with. Rejects with `bundle.not-found` where the job has
   * no such bundle, `bundle.damaged` where the storage holds something else, and `store.not-empty`.
   */
  downloadAssetBundle(jobId: string, remoteUrl: string, targetDir: string, options?: BundleOptions): Promise<void>;
}
