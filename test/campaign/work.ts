/** What one round has shown. */
export interface Played {
  readonly started: readonly string[];
  readonly complaints: readonly string[];
  /** How much was done, for the line that the driver prints. */
  readonly summary: string;
}

/** Something that is done in rounds and struck meanwhile. */
export interface Work {
  /** Plays the round of this number, which the seed and the number alone decide. */
  play(number: number): Promise<Played>;
  /** Whether more is wanted after the rounds that were played. */
  wantsMore(): boolean;
  /** More rounds than this do not help. */
  readonly mostRounds: number;
  /** Options that a round needs to be played again, beside the seed and its number. */
  readonly again: string;
  /** Replays every history, or those that began before a time, and ends everything that runs. */
  close(started: readonly string[], before?: Date): Promise<void>;
  /** What was done, what it cost and what did not hold, as Markdown. */
  report(campaign: Campaign): string;
}

/** What the driver knows of all rounds. */
export interface Campaign {
  readonly rounds: number;
  readonly seconds: number;
  readonly command: string;
  readonly started: readonly string[];
  readonly complaints: readonly string[];
}

/** Everything that decides what happens. */
export interface WorkOptions {
  readonly seed: number;
  /** Of executions: kills of the worker, an equal share in every phase. Of transfers: strikes of all kinds. */
  readonly kills: number;
  /** A directory of this campaign's own. */
  readonly root: string;
}
