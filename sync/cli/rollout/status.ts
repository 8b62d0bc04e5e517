import { messageLineOf } from '#core/errors';
import { printable } from '#core/printable';
import { describePaused } from '../../rollout/advance/turn';
import { type OfRollout, readStandings, type Standings } from './standing';
import { exitCodeOfProgress, formatProgress } from './view';

/** Shows the progress of stages and the reasons of waits. Writes nothing. */
export async function showStatus(options: OfRollout, signal: AbortSignal): Promise<number> {
  const standings = await readStandings(options, signal);
  const stages = progressIn(standings);
  const paused = await pausedOf(standings);
  const { terminal, json } = options;
  if (json) terminal.out(`${JSON.stringify({ stages, paused })}\n`);
  else terminal.out(`${paused === undefined ? '' : `${printable(paused)}\n`}${formatProgress(stages, terminal)}`);
  return exitCodeOfProgress(stages);
}

export function progressIn({ stages, unlisted }: Standings) {
  return [...stages.map(({ progress }) => progress), ...unlisted];
}

async function pausedOf({ stages: [first] }: Standings): Promise<string | undefined> {
  try {
    const paused = await first?.session.rollout.pause.read();
    return paused && describePaused(paused);
  } catch (thrown) {
    return messageLineOf(thrown);
  }
}
