/** A gate's answer about a stage at one moment. */
export type Sample = {
  /**
   * `pending`: too early, because a time window is not full or data planes have time left.
   * `inconclusive`: the source gave no answer; it never counts as a pass. `fail` is final for the
   * trial.
   */
  readonly kind: 'pass' | 'fail' | 'inconclusive' | 'pending';
  /** One line for people: what was seen, and what to do unless it passed. Contains no secret. */
  readonly said: string;
  /** The measured value, if it is a number. */
  readonly value?: number;
};

/** What a gate saw before a stage was written: a value, or a text of its own. */
export type Baseline = number | string;

/** State of the trial that takes the samples; all parts read the same monotonic clock. */
export type Trial = {
  /** Milliseconds since the bake began. Undefined: the data planes still settle. */
  readonly bakingMs: () => number | undefined;
  /** Milliseconds for data planes to load the new configuration. */
  readonly settleMs: number;
  /** Result of `readBefore` before the stage was written. Undefined: none. */
  readonly before?: Baseline;
};

/** Takes samples for one trial and remembers what it saw. */
export type Sampler = {
  /** Takes a fresh sample. Rejects only with the signal's reason. */
  readonly sample: (signal: AbortSignal) => Promise<Sample>;
  /** Milliseconds between the starts of two samples. */
  readonly everyMs: number;
};

/** A condition that a stage must meet before the next stage begins. */
export type StageGate = {
  /** Name in reports and metrics: `dataPlanes`, `requests`, or the name of the metric. */
  readonly name: string;
  /** The gate is sampled before the bake too, and the bake waits until it passes. */
  readonly isOfSettling?: boolean;
  /**
   * Reads the baseline before the stage is written. Undefined: unknown. Absent: the gate needs no
   * baseline. Rejects only with the signal's reason.
   */
  readonly readBefore?: (signal: AbortSignal) => Promise<Baseline | undefined>;
  readonly open: (trial: Trial) => Sampler;
};
