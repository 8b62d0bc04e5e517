import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '#core/timing/clock';
import { createOutput } from '#io/output';
import { type Machine, runWatch } from '#sync/cli/commands/watch';
import { type NightStage, openNightStage } from './support/night-stage';
import { meddle, meddling, minutesOf, morning, restart, restless, troubles } from './support/night-troubles';

/**
 * `npm run night [-- json|text]`: a worker over the sandbox's AWS and Konnect for more than 500
 * passes, from ten in the evening to seven in the morning, while things go wrong. Time passes as
 * fast as the passes do. It prints the worker's log: docs/log.md quotes it, and a test reads it.
 */
const evening = '2026-11-29T22:00:00.000Z';
const minuteMs = 60_000;

type Happening = (stage: NightStage) => void;
type Event = { readonly atMinutes: number; readonly happen: Happening };

async function main([format = 'text']: readonly string[]): Promise<void> {
  let stage: NightStage | undefined;
  const clock = openClock((happen) => stage && happen(stage));
  let heard = () => {};
  stage = await openNightStage(clock.now, () => heard());
  const watchFiles: Machine['watchFiles'] = (_, onChange) => {
    heard = onChange;
  };
  const options = { terminal: terminalOf(stage), config: stage.configPath, logFormat: format };
  for (const time of [restart, morning]) {
    const stopping = new AbortController();
    clock.stopAt(minutesOf(time), () => stopping.abort());
    process.exitCode = await runWatch(options, stopping.signal, { clock, random: () => 0.5, watchFiles });
  }
  await stage.close();
}

/** Leaves out values that differ in each run: ports, and the folder of the configuration. */
function terminalOf({ aws, konnect, configPath, env }: NightStage) {
  const { write } = createOutput((text, done) => {
    const named = text
      .replaceAll(aws.url, 'http://aws.sandbox')
      .replaceAll(konnect.url, 'http://konnect.sandbox')
      .replaceAll(dirname(configPath), '/etc')
      .replaceAll(/\b127\.0\.0\.1:(0|\d{5})\b/g, '127.0.0.1:9543');
    process.stdout.write(named, done);
  });
  return { env, out: write, err: write, isTerminal: false };
}

type NightClock = Clock & { readonly stopAt: (minutes: number, stop: () => void) => void };

/**
 * A clock that waits for nobody. A sleeper wakes after its time, and all events meanwhile have
 * happened.
 */
function openClock(happen: (what: Happening) => void): NightClock {
  const events = eventsOfNight();
  let elapsedMs = 0;
  let [stopMs, stop] = [Infinity, () => {}];
  return {
    now: () => Date.parse(evening) + elapsedMs,
    monotonicMs: () => elapsedMs,
    stopAt: (minutes, stopThen) => {
      [stopMs, stop] = [minutes * minuteMs, stopThen];
    },
    sleep: async (ms) => {
      await setImmediate();
      const untilMs = elapsedMs + ms;
      for (let next = events[0]; next && next.atMinutes * minuteMs <= untilMs; next = events[0]) {
        elapsedMs = Math.max(elapsedMs, next.atMinutes * minuteMs);
        events.shift();
        happen(next.happen);
      }
      elapsedMs = Math.max(elapsedMs, untilMs);
      if (elapsedMs >= stopMs) stop();
    },
  };
}

function eventsOfNight(): Event[] {
  const events: Event[] = [];
  const add = (atMinutes: number, happen: Happening) => void events.push({ atMinutes, happen });
  const span = (from: number, to: number, strike: (stage: NightStage) => () => void) => {
    let end = () => {};
    add(from, (stage) => {
      end = strike(stage);
    });
    add(to, () => end());
  };
  for (const { from, to, strike } of troubles) span(minutesOf(from), minutesOf(to), strike);
  for (let at = minutesOf(restless.from); at < minutesOf(restless.to); at += 2)
    span(at, at + 1, ({ aws }) => aws.inject({ kind: 'error', region: 'us-east-1', action: 'DescribeVpcEndpoints' }));
  for (const at of meddling) add(minutesOf(at), meddle);
  return events.sort((a, b) => a.atMinutes - b.atMinutes);
}

void main(process.argv.slice(2));
