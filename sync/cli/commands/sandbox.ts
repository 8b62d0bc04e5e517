import { once } from 'node:events';
import { PrivatelinkError } from '#core/errors';
import { printableData } from '#core/printable';
import { formatTable } from '#io/table';
import type { During } from '#io/terminal';
import { paint, type Terminal, withElapsed } from '#io/terminal';
import { type Demonstration, demonstrate, type Narrator } from '#sandbox/demonstration';
import { installedProgram } from '#sandbox/plugin-server/server';
import type { Hop, StoryEvent, Trip } from '#sandbox/story';
import { exitCodes } from '../exit-codes';
import { commandsFor, formatChange, formatExperiment } from '../sandbox/hints';
import { showRollout } from '../sandbox/rollout';
import { type ServeOptions, serveEstate } from '../sandbox/serve';
import { isInterrupt } from '../stopped';
import type { Verb } from '../verb';

type SandboxOptions = ServeOptions & {
  /** Exit after the demonstration, also on a terminal. */
  readonly once?: boolean;
  /** Serve AWS, Konnect and the domains only. */
  readonly serve?: boolean;
  /** Show the effects of AWS's faults in place of changes. */
  readonly faults?: boolean;
  /** Show a rollout over several control planes in place of changes. */
  readonly rollout?: boolean;
};

/**
 * Shows the whole chain on this machine. On a terminal it stays up until it is stopped, unless
 * `--once`.
 */
export const runSandbox: Verb<SandboxOptions> = async (options, signal) => {
  if (options.serve && (options.once || options.faults || options.rollout)) throw servedDemonstration();
  if (options.faults && options.rollout) throw twoDemonstrations();
  if (options.port !== undefined && !options.serve) throw portOfNothing();
  const isOk = await showWanted(options, signal);
  if (!isOk) return exitCodes.error;
  return isInterrupt(signal.reason) ? exitCodes.interrupted : exitCodes.done;
};

/** Whether everything succeeded. */
async function showWanted(options: SandboxOptions, signal: AbortSignal): Promise<boolean> {
  if (options.rollout) return showRollout({ ...options, during: announced(options.terminal) }, signal);
  if (!options.serve) return show(options, signal);
  await serveEstate(options, signal);
  return true;
}

/** Whether every request of the demonstration succeeded. */
async function show(
  { terminal, json, once: isOnce, faults, estate }: SandboxOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const narrator = { ...(json ? silent : narrate(terminal)), during: announced(terminal) };
  const demonstration = await demonstrate(narrator, signal, { faults, estate });
  const { story } = demonstration;
  try {
    if (json) terminal.out(`${JSON.stringify(story)}\n`);
    else
      terminal.out(story.ok ? 'Every request succeeded.\n' : `${paint(terminal, 'red', 'A hop failed')}, see above.\n`);
    if (terminal.isTerminal && !isOnce && !json) await stayUp(demonstration, terminal, signal);
  } finally {
    await demonstration.close();
  }
  return story.ok;
}

/**
 * Shows the current work: as other verbs do on a terminal, else as a line before the work begins.
 */
function announced(terminal: Terminal): During {
  return (what, work) => {
    if (terminal.isTerminal) return withElapsed(terminal, what, work);
    terminal.err(`${what}\n`);
    return work();
  };
}

function servedDemonstration(): PrivatelinkError {
  return new PrivatelinkError('--serve runs no demonstration: it serves an estate until it is stopped', {
    code: 'CONFIG_INVALID',
    fix: 'leave out --once, --faults and --rollout to serve, or leave out --serve for a demonstration',
  });
}

function twoDemonstrations(): PrivatelinkError {
  return new PrivatelinkError('--faults and --rollout are two different demonstrations', {
    code: 'CONFIG_INVALID',
    fix: 'leave one of them out',
  });
}

function portOfNothing(): PrivatelinkError {
  return new PrivatelinkError('--port works only with --serve', {
    code: 'CONFIG_INVALID',
    fix: 'add --serve, or leave --port out',
  });
}

const silent: Narrator = { opening: () => {}, event: () => {} };

function narrate(terminal: Terminal): Narrator {
  return {
    opening: ({ isDistinct }, title) => {
      terminal.out(`kong-privatelink sandbox: ${title}\n${formatNote()}`);
      if (!isDistinct)
        terminal.out(
          'This machine has no loopback address but 127.0.0.1: endpoints have one interface each and differ by port.\n',
        );
    },
    event: (event) => terminal.out(formatEvent(event, terminal)),
  };
}

function formatNote(): string {
  return `AWS, Konnect, the gateway and the domains are stand-ins; discovery, plan, apply
and the plugin under ${installedProgram()} are the real ones.
LATENCY is the time until the answer. It includes all later hops.
`;
}

/** Formats an event for people: discovered endpoints, changes, and each hop of the next request. */
export function formatEvent(event: StoryEvent, terminal: Terminal): string {
  const { what, discovered, findings, changed, contracts, requests, trip } = printableData(event);
  const list = (title: string, lines: readonly string[]) =>
    `  ${paint(terminal, 'dim', title)}\n${(lines.length > 0 ? lines : ['nothing']).map((line) => `    ${line}\n`).join('')}`;
  const end = trip.ok
    ? `  ${paint(terminal, 'green', 'ok')} ${formatNonces(trip)}${requests ? `; all ${requests} requests meanwhile succeeded` : ''}\n`
    : `  ${paint(terminal, 'red', 'failed')} ${trip.problem}\n`;
  return `\n${paint(terminal, 'bold', what)}\n${contracts ? list('connected to the gateway', contracts) : list('discovered', discovered)}${findings.length > 0 ? list('findings', findings) : ''}${list('changed in the control plane', changed)}${formatHops(trip.hops, terminal)}${end}`;
}

/** A trip of several requests has one nonce for each chain. */
function formatNonces({ nonce }: Trip): string {
  const [first, ...others] = nonce.split(' ');
  return others.length === 0
    ? `the nonce ${first} came back from the end of the chain`
    : `the nonces ${[first, ...others].join(', ')} came back, each from the end of its chain`;
}

function formatHops(hops: readonly Hop[], { columns }: Terminal): string {
  const rows = hops.map(({ from, to, address, zoneId = '-', reason, latencyMs }) => [
    `${from} -> ${to}`,
    address,
    zoneId,
    `${latencyMs.toFixed(1)} ms`,
    reason,
  ]);
  const table = formatTable(['HOP', 'ADDRESS', 'ZONE', 'LATENCY', 'WHY'], rows, columns && columns - 2);
  return table.replace(/^/gm, '  ').trimEnd().concat('\n');
}

async function stayUp(demonstration: Demonstration, terminal: Terminal, signal: AbortSignal): Promise<void> {
  terminal.out(formatStayingUp(demonstration, terminal));
  if (!signal.aborted) await once(signal, 'abort');
}

function formatStayingUp({ product, estate }: Demonstration, terminal: Terminal): string {
  return `
The sandbox stays up; stop it with Ctrl-C. Try, in another terminal:
  curl http://${estate.door}
${commandsFor(product, ['doctor', 'discover', ...(estate.isContracted ? ['contracts'] : []), 'diff', 'render'], terminal)}
diff finds nothing, because everything is in sync. Make health checks more
frequent, show the difference, and write it:
${formatChange(product)}
${formatExperiment(estate.experiment())}`;
}
