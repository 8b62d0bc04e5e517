import { unreferencedClock } from '#io/clock';

const explainEveryMs = 60_000;

/**
 * Passes each pair of reason and domain once a minute. Forgets old pairs, since AWS's words may
 * differ every time.
 */
export function limitRate(say: (reason: string, domain: string) => void): (reason: string, domain: string) => void {
  const nextMs = new Map<string, number>();
  return (reason, domain) => {
    const key = `${domain} ${reason}`;
    const nowMs = unreferencedClock.monotonicMs();
    if ((nextMs.get(key) ?? 0) > nowMs) return;
    for (const [old, atMs] of nextMs) if (atMs <= nowMs) nextMs.delete(old);
    nextMs.set(key, nowMs + explainEveryMs);
    say(reason, domain);
  };
}
