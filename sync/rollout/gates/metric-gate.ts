import type { MetricGateConfig } from '#config/rollout';
import type { Sample, StageGate, Trial } from './gate';

/** A value, or why there is none and what to do. `isEarly`: the value will come by itself. */
export type Reading = { readonly value: number } | { readonly problem: string; readonly isEarly?: boolean };

export type Meter = {
  /**
   * Reads the value; without a trial, the value before one. Rejects only with the signal's reason.
   */
  readonly read: (signal: AbortSignal, trial?: Trial) => Promise<Reading>;
  readonly everyMs: number;
  /** Unit behind the values. */
  readonly unit: string;
};

/** Makes a gate that compares readings with a limit, or with a value from before the write. */
export function createMetricGate(config: MetricGateConfig, { read, everyMs, unit }: Meter): StageGate {
  const readBefore = async (signal: AbortSignal) => {
    const reading = await read(signal);
    return 'value' in reading ? reading.value : undefined;
  };
  return {
    name: config.name,
    ...(config.atMostTimesBefore !== undefined && { readBefore }),
    open: (trial) => {
      const judge = createJudge(config, typeof trial.before === 'number' ? trial.before : undefined, unit);
      return { everyMs, sample: async (signal) => judge(await read(signal, trial)) };
    },
  };
}

/**
 * Returns the function that judges readings in order. Too many readings above the limit are a final
 * failure.
 */
function createJudge(config: MetricGateConfig, before: number | undefined, unit: string): (reading: Reading) => Sample {
  const limits = limitsOf(config, before, unit);
  const isBlind = config.atMostTimesBefore !== undefined && before === undefined;
  let above = 0;
  return (reading) => {
    const hasFailed = () => above > config.maxFailed;
    if (!('value' in reading)) {
      if (hasFailed()) return { kind: 'fail', said: `${countOf(above, config)}; ${failedFix}` };
      return { kind: reading.isEarly ? 'pending' : 'inconclusive', said: reading.problem };
    }
    const { value } = reading;
    const exceeded = limits.find(({ most }) => value > most);
    if (exceeded) above += 1;
    const limit = (exceeded ?? limits[0])?.words ?? 'an unknown value';
    const read = `${inShort(value)}${unit}, at most ${limit}`;
    const said = above > 0 ? `${read}; ${countOf(above, config)}` : read;
    if (hasFailed()) return { kind: 'fail', said: `${said}; ${failedFix}`, value };
    if (isBlind) return { kind: 'inconclusive', said: `${said}; ${blindFix}`, value };
    return { kind: 'pass', said, value };
  };
}

const failedFix = 'see what this revision changed, or raise the limit of the metric';
const blindFix =
  'no value from before: set atMost instead of atMostTimesBefore and run rollout retry, or run rollout skip to let later stages go on';

function countOf(above: number, { maxFailed }: MetricGateConfig): string {
  return `above its limit ${above === 1 ? 'once' : `${above} times`}, ${maxFailed} allowed`;
}

type Limit = { readonly most: number; readonly words: string };

function limitsOf(
  { atMost, atMostTimesBefore: times }: MetricGateConfig,
  before: number | undefined,
  unit: string,
): readonly Limit[] {
  const fixed = atMost === undefined ? [] : [{ most: atMost, words: `${inShort(atMost)}${unit}` }];
  if (times === undefined || before === undefined) return fixed;
  const most = before * times;
  return [...fixed, { most, words: `${inShort(most)}${unit} (${times} times the ${inShort(before)}${unit} before)` }];
}

/** Four digits are enough for people. */
function inShort(value: number): string {
  return String(Number(value.toPrecision(4)));
}
