import type { FreezeConfig } from '#config/rollout';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A freeze without end is reported as one of this length. */
const farthestMs = 8 * dayMs;

/** The numbers of days as in `Date`. */
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** Half-open interval in epoch milliseconds. */
type Frozen = { readonly startMs: number; readonly endMs: number };

/**
 * Returns until when a stage may not begin, in epoch milliseconds, at most 8 days from now.
 * Undefined: it may begin. Freezes that touch are joined.
 */
export function frozenUntil(freezes: readonly FreezeConfig[], nowMs: number): number | undefined {
  const all = freezes.flatMap((freeze) => timesOf(freeze, nowMs)).sort((a, b) => a.startMs - b.startMs);
  let untilMs = nowMs;
  for (const { startMs, endMs } of all) if (startMs <= untilMs) untilMs = Math.max(untilMs, endMs);
  return untilMs > nowMs ? Math.min(untilMs, nowMs + farthestMs) : undefined;
}

/**
 * Returns all intervals of a freeze from two days ago (by the zone's days) until past the reported
 * time.
 */
function timesOf({ days: wanted, hours = '00:00-24:00', timeZone }: FreezeConfig, nowMs: number): readonly Frozen[] {
  const [fromMs = 0, toMs = dayMs] = hours.split('-').map(sinceMidnight);
  const lengthMs = toMs > fromMs ? toMs - fromMs : toMs - fromMs + dayMs;
  const zone = openZone(timeZone);
  const today = Math.floor(zone.wallOf(nowMs) / dayMs) * dayMs;
  return Array.from({ length: 12 }, (_, index) => today + (index - 2) * dayMs)
    .filter((midnight) => wanted?.includes(days[new Date(midnight).getUTCDay()] ?? 'sun') ?? true)
    .map((midnight) => ({
      startMs: Math.min(...zone.timesOf(midnight + fromMs)),
      endMs: Math.max(...zone.timesOf(midnight + fromMs + lengthMs)),
    }));
}

function sinceMidnight(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return hour * hourMs + minute * 60_000;
}

/**
 * Wall-clock times of a zone, as milliseconds: the same wall time in UTC would be this long after
 * the epoch.
 */
function openZone(timeZone: string) {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const wallOf = (ms: number) => {
    const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  };
  /**
   * Returns when clocks show this time: twice when clocks are set back. When clocks skip it,
   * returns both ways to read it.
   */
  const timesOf = (wallMs: number): readonly number[] => {
    const around = [wallMs - dayMs, wallMs + dayMs].map((ms) => wallMs - (wallOf(ms) - ms));
    const shown = around.filter((ms) => wallOf(ms) === wallMs);
    return shown.length > 0 ? shown : around;
  };
  return { wallOf, timesOf };
}
