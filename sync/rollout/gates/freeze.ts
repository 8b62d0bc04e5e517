import type { FreezeConfig } from '#config/rollout';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A freeze that has no end is told as one that lasts this long. */
const farthestMs = 8 * dayMs;

/** As `Date` numbers the days of a week. */
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** Half open, in epoch milliseconds. */
type Frozen = { readonly startMs: number; readonly endMs: number };

/** Until when a stage may not begin, in epoch milliseconds, at most 8 days from now; undefined: it may. Freezes that touch each other are one. */
export function frozenUntil(freezes: readonly FreezeConfig[], nowMs: number): number | undefined {
  const all = freezes.flatMap((freeze) => timesOf(freeze, nowMs)).sort((a, b) => a.startMs - b.startMs);
  let untilMs = nowMs;
  for (const { startMs, endMs } of all) if (startMs <= untilMs) untilMs = Math.max(untilMs, endMs);
  return untilMs > nowMs ? Math.min(untilMs, nowMs + farthestMs) : undefined;
}

/** Every time from the day before yesterday on, as the zone counts days, to beyond what is told. */
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

/** What clocks on the wall show in a zone, as milliseconds that would be so much after the epoch in UTC. */
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
  /** When the clocks show this: twice where they are set back; where they are set forward and never do, both ways to read it. */
  const timesOf = (wallMs: number): readonly number[] => {
    const around = [wallMs - dayMs, wallMs + dayMs].map((ms) => wallMs - (wallOf(ms) - ms));
    const shown = around.filter((ms) => wallOf(ms) === wallMs);
    return shown.length > 0 ? shown : around;
  };
  return { wallOf, timesOf };
}
