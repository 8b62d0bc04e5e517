import { once } from 'node:events';
import { PrivatelinkError } from '#core/errors';
import { printableData } from '#core/printable';
import { formatTable } from '#io/table';
import { type During, paint, type Terminal } from '#io/terminal';
import { demonstrateRollout, type RolloutDemonstration } from '#sandbox/rollout/demonstration';
import type { RolloutEvent } from '#sandbox/rollout/story';
import type { Shown } from '../verb';
import { commandsFor } from './hints';

export type RolloutOptions = Shown & {
  readonly estate?: string;
  readonly once?: boolean;
  readonly during: During;
};

/** Shows a rollout over three control planes. Returns whether it succeeded. */
export async function showRollout(
  { terminal, json, once: isOnce, estate = 'T0', during }: RolloutOptions,
  signal: AbortSignal,
): Promise<boolean> {
  if (estate.toUpperCase() !== 'T0') throw withoutRollout(estate);
  const narrator = { ...(json ? silent : narrate(terminal)), during };
  const demonstration = await demonstrateRollout(narrator, signal);
  const { story } = demonstration;
  try {
    if (json) terminal.out(`${JSON.stringify(story)}\n`);
    else terminal.out(story.ok ? right : `${paint(terminal, 'red', 'The rollout failed')}, see above.\n`);
    if (terminal.isTerminal && !isOnce && !json) await stayUp(demonstration, terminal, signal);
  } finally {
    await demonstration.close();
  }
  return story.ok;
}

const right = 'The rollout succeeded.\n';

function withoutRollout(estate: string): PrivatelinkError {
  return new PrivatelinkError(`estate ${estate} shows no rollout`, {
    code: 'CONFIG_INVALID',
    fix: 'leave --estate out: T0 shows one',
  });
}

const silent = { opening: () => {}, event: () => {} };

const opening = `kong-privatelink sandbox: estate T0 behind three gateways on loopback
  canary, blue and green: a control plane in Konnect and a Kong gateway each
  each gateway -> SD2 (333333333333) -> canary -> egress (444444444444)
  -> on-premises
AWS, Konnect, the gateways and the domains are stand-ins; the commands and the
plugin are the real ones. Requests go through each gateway all the time.
`;

function narrate(terminal: Terminal) {
  return {
    opening: () => terminal.out(opening),
    event: (event: RolloutEvent) => terminal.out(formatRolloutEvent(event, terminal)),
  };
}

/**
 * Formats an event for people: content and requests of each stage, and the output of the command.
 */
export function formatRolloutEvent(event: RolloutEvent, terminal: Terminal): string {
  const { what, stages, command, exitCode, said, problem } = printableData(event);
  const { columns } = terminal;
  const rows = stages.map(({ stage, holds, revision = '-', changed, requests, failed }) => [
    ...[stage, holds, revision, String(changed.length), String(requests), String(failed)],
  ]);
  const head = ['STAGE', 'HOLDS', 'REVISION', 'CHANGES', 'REQUESTS', 'FAILED'];
  const table = formatTable(head, rows, columns && columns - 2);
  const lines = said.map((line) => `    ${line}\n`).join('');
  const run = `  ${paint(terminal, 'dim', `${command} ended with ${exitCode}`)}\n${lines}`;
  const end =
    problem === undefined
      ? `  ${paint(terminal, 'green', 'ok')}\n`
      : `  ${paint(terminal, 'red', 'failed')} ${problem}\n`;
  return `\n${paint(terminal, 'bold', what)}\n${run}${table.trimEnd().replace(/^/gm, '  ')}\n${end}`;
}

async function stayUp({ fleet }: RolloutDemonstration, terminal: Terminal, signal: AbortSignal): Promise<void> {
  terminal.out(formatStandingFleet(fleet, terminal));
  if (!signal.aborted) await once(signal, 'abort');
}

type Standing = Pick<RolloutDemonstration['fleet'], 'configPath' | 'env'> & {
  readonly lanes: readonly { readonly name: string; readonly door: string }[];
};

/** Returns commands to try while the sandbox stays up. */
export function formatStandingFleet({ lanes, ...reached }: Standing, terminal: Pick<Terminal, 'env'>): string {
  const doors = lanes.map(({ name, door }) => `  curl ${door}  # ${name}\n`).join('');
  return `
The sandbox stays up; stop it with Ctrl-C. Try, in another terminal:
${doors}${commandsFor(reached, ['history', 'rollout status', 'diff', 'rollout'], terminal)}diff finds nothing until you change the configuration. Then rollout brings
the change from stage to stage: ${reached.configPath}
`;
}
