/** What a gate says of a stage at one moment. */
export type Sample = {
  /**
   * `pending`: too early to say, as before a window of time is full, or while data planes have time left. `inconclusive`: what should have told did not;
   * it is never taken for a pass. `fail` is final for the trial.
   */
  readonly kind: 'pass' | 'fail' | 'inconclusive' | 'pending';
  /** One line for people: what was seen, and for what is no pass how to go on. No secret is in it. */
  readonly said: string;
  /** What was measured, where that is a number. */
  readonly value?: number;
};

/** What a gate saw before a stage was written: a value, or a text of its own. */
export type Baseline = number | string;

/** How far the trial is that samples are taken for; each reads the same monotonic clock. */
export type Trial = {
  /** Milliseconds since the bake began; undefined: the data planes still settle. */
  readonly bakingMs: () => number | undefined;
  /** Time for data planes to take up what was written, milliseconds. */
  readonly settleMs: number;
  /** What `readBefore` gave before the stage was written; undefined: nothing, or nobody asked. */
  readonly before?: Baseline;
};

/** Takes samples for one trial; remembers what it has seen in it. */
export type Sampler = {
  /** One fresh sample. Rejects with the signal's reason alone. */
  readonly sample: (signal: AbortSignal) => Promise<Sample>;
  /** Time between the begin of two samples. */
  readonly everyMs: number;
};

/** One of the conditions that a stage has to meet before the next one begins. */
export type StageGate = {
  /** As reports and metrics name it: `dataPlanes`, `requests`, or that of the metric. */
  readonly name: string;
  /** Also looked at before the bake begins, which waits until it passes. */
  readonly isOfSettling?: boolean;
  /** Reads, before the stage is written, what a sample is compared with; undefined: it cannot be told. Absent: nothing is. Rejects with the signal's reason alone. */
  readonly readBefore?: (signal: AbortSignal) => Promise<Baseline | undefined>;
  readonly open: (trial: Trial) => Sampler;
};
