export interface CallOptions {
  /** A call MUST reject with `signal.reason` soon after the signal fires, and leave no request that still writes. */
  readonly signal?: AbortSignal;
}

export interface MovingOptions extends CallOptions {
  /** Called whenever bytes have gone over: a call of many may take long on a slow line, and says nothing before its end. */
  readonly onBytes?: () => void;
}

export interface ListOptions extends CallOptions {
  /**
   * False allows a store that would have to ask for each file's mode and time to leave both out: `stat` and `openSource`
   * tell them. Kind, size and identity are given all the same. Default true.
   */
  readonly attributes?: boolean;
}
