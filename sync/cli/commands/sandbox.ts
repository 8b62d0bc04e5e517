import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { PrivatelinkError } from '#core/errors';
import { printableData } from '#core/printable';
import type { During } from '#io/terminal';
import { formatTable, paint, type Terminal, withElapsed } from '#io/terminal';
import { type Demonstration, demonstrate, type Narrator } from '#sandbox/demonstration';
import { installedProgram } from '#sandbox/plugin-server/server';
import { type Served, serveSandbox } from '#sandbox/serve';
import type { Hop, StoryEvent, Trip } from '#sandbox/story';
import { called, calling } from '../called';
import { exitCodes } from '../exit-codes';
import type { Shown, Verb } from './verb';

type SandboxOptions = Shown & {
  /** Stop after the demonstration although a person is there. */
  readonly once?: boolean;
  /** AWS, Konnect and the domains alone. */
  readonly serve?: boolean;
  readonly estate?: string;
  /** Show what AWS's faults do, instead of its changes. */
  readonly faults?: boolean;
};

/** Shows the whole chain on this machine; on a terminal it stays up until it is stopped, unless `--once`. */
export const runSandbox: Verb<SandboxOptions> = async (options, signal) => {
  const { terminal, json, once: isOnce, faults, estate } = options;
  if (options.serve) return serve(options, signal);
  const narrator = { ...(json ? silent : narrate(terminal)), during: announced(terminal) };
  const demonstration = await demonstrate(narrator, signal, { faults, estate });
  const { story } = demonstration;
  try {
    if (json) terminal.out(`${JSON.stringify(story)}\n`);
    else
      terminal.out(
        story.ok ? 'Every request went right.\n' : `${paint(terminal, 'red', 'A hop failed')}, see above.\n`,
      );
    if (terminal.isTerminal && !isOnce && !json) await stayUp(demonstration, terminal, signal);
  } finally {
    await demonstration.close();
  }
  return story.ok ? exitCodes.done : exitCodes.error;
};

/** Says what is awaited: on a terminal as other verbs do, elsewhere in a line before it begins. */
function announced(terminal: Terminal): During {
  return (what, work) => {
    if (terminal.isTerminal) return withElapsed(terminal, what, work);
    terminal.err(`${what}\n`);
    return work();
  };
}

async function serve(options: SandboxOptions, signal: AbortSignal): Promise<number> {
  const { terminal, json, once: isOnce, faults, estate } = options;
  if (isOnce || faults || estate !== undefined) throw servedDemonstration();
  const { close, ...served } = await serveSandbox();
  try {
    terminal.out(json ? `${JSON.stringify(served)}\n` : formatServed(served));
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await close();
  }
  return exitCodes.done;
}

function servedDemonstration(): PrivatelinkError {
  return new PrivatelinkError('--serve: it shows nothing by itself, and serves T0 until it is stopped', {
    code: 'CONFIG_INVALID',
    fix: 'leave --once, --faults and --estate out to serve, or --serve to see them',
  });
}

/** Where what is served is, how to use it from the command line, and how to stop it. */
export function formatServed({ awsUrl, konnectUrl, door, configPath, env }: Omit<Served, 'close'>): string {
  return `AWS on ${awsUrl}, Konnect on ${konnectUrl}; SD1 reaches the gateway through http://${door}
The configuration is ${configPath}; docker-compose.yml shows one for a Kong of your own. Stop it all with Ctrl-C. Try, in another terminal:
${commandsFor({ configPath, env }, ['doctor', 'discover', 'diff', 'sync'])}`;
}

type Files = Pick<Served, 'configPath' | 'env'>;

function commandsFor({ configPath, env }: Files, verbs: readonly string[]): string {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const commands = verbs.map((verb) => `${called} ${verb} -c ${configPath}`);
  const place = calling.folder === undefined ? [] : [`cd ${calling.folder}`];
  return [...place, `export ${variables.join(' ')}`, ...commands].map((line) => `  ${line}\n`).join('');
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
  return `AWS, Konnect, the gateway and the domains are stand-ins; discovery, plan, apply and the plugin under ${installedProgram()} are the real ones.
LATENCY is until the answer: that of a hop holds what the hops after it took.
`;
}

/** What an event shows to a person: what was discovered, what changed, and each hop of the request after it. */
export function formatEvent(event: StoryEvent, terminal: Terminal): string {
  const { what, discovered, findings, changed, requests, trip } = printableData(event);
  const list = (title: string, lines: readonly string[]) =>
    `  ${paint(terminal, 'dim', title)}\n${(lines.length > 0 ? lines : ['nothing']).map((line) => `    ${line}\n`).join('')}`;
  const end = trip.ok
    ? `  ${paint(terminal, 'green', 'ok')} ${formatNonces(trip)}${requests ? `, and so did the others of ${requests} requests meanwhile` : ''}\n`
    : `  ${paint(terminal, 'red', 'failed')} ${trip.problem}\n`;
  return `\n${paint(terminal, 'bold', what)}\n${list('discovered', discovered)}${findings.length > 0 ? list('findings', findings) : ''}${list('changed in the control plane', changed)}${formatHops(trip.hops)}${end}`;
}

/** A trip of several requests has a nonce from the end of each chain. */
function formatNonces({ nonce }: Trip): string {
  const [first, ...others] = nonce.split(' ');
  return others.length === 0
    ? `the nonce ${first} came back from the end of the chain`
    : `the nonces ${[first, ...others].join(', ')} came back, each from the end of its chain`;
}

function formatHops(hops: readonly Hop[]): string {
  const rows = hops.map(({ from, to, address, zoneId = '-', reason, latencyMs }) => [
    `${from} -> ${to}`,
    address,
    zoneId,
    `${latencyMs.toFixed(1)} ms`,
    reason,
  ]);
  return formatTable(['HOP', 'ADDRESS', 'ZONE', 'LATENCY', 'WHY'], rows).replace(/^/gm, '  ').trimEnd().concat('\n');
}

async function stayUp({ product, estate }: Demonstration, terminal: Terminal, signal: AbortSignal): Promise<void> {
  terminal.out(formatStayingUp(product, estate.door));
  if (!signal.aborted) await once(signal, 'abort');
}

function formatStayingUp(files: Files, door: string): string {
  const changed = join(dirname(files.configPath), 'changed.yaml');
  return `
The sandbox stays up; stop it with Ctrl-C. Try, in another terminal:
  curl http://${door}
${commandsFor(files, ['doctor', 'discover', 'diff', 'render'])}
diff finds nothing, since all is in sync. Have targets checked more often, see the difference, and write it:
  sed 's/"plugins"/"healthcheck":{"intervalSeconds":2},"plugins"/' ${files.configPath} > ${changed}
  ${called} diff -c ${changed}
  ${called} sync -c ${changed}
`;
}
