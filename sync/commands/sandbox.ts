import { once } from 'node:events';
import { type Demonstration, demonstrate, type Narrator } from '../../sandbox/demonstration';
import { serveSandbox } from '../../sandbox/serve';
import type { Hop, StoryEvent } from '../../sandbox/story';
import { formatTable, paint, type Terminal } from '../output/terminal';
import { exitCodes } from '../report';
import type { Command } from './command';

/** Shows the whole chain on this machine; on a terminal it stays up until it is stopped, unless `--once`. */
export const runSandbox: Command = async (options, signal) => {
  const { terminal, json, once: isOnce, faults, estate } = options;
  if (options.serve) return serve(terminal, signal);
  const demonstration = await demonstrate(json ? silent : narrate(terminal), signal, { faults, estate });
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

async function serve(terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { awsUrl, konnectUrl, door, close } = await serveSandbox();
  terminal.out(`AWS on ${awsUrl}, Konnect on ${konnectUrl}; SD1 reaches the gateway through http://${door}\n`);
  try {
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await close();
  }
  return exitCodes.done;
}

const silent: Narrator = { opening: () => {}, event: () => {} };

function narrate(terminal: Terminal): Narrator {
  return {
    opening: ({ isDistinct }, title) => {
      terminal.out(`kong-privatelink sandbox: ${title}\n${note}`);
      if (!isDistinct)
        terminal.out(
          'This machine has no loopback address but 127.0.0.1: endpoints have one interface each and differ by port.\n',
        );
    },
    event: (event) => terminal.out(formatEvent(event, terminal)),
  };
}

const note = `AWS, Konnect, the gateway and the domains are stand-ins; discovery, plan, apply and the plugin under kong-js-pluginserver are the real ones.
`;

function formatEvent({ what, discovered, findings, changed, requests, trip }: StoryEvent, terminal: Terminal): string {
  const list = (title: string, lines: readonly string[]) =>
    `  ${paint(terminal, 'dim', title)}\n${(lines.length > 0 ? lines : ['nothing']).map((line) => `    ${line}\n`).join('')}`;
  const end = trip.ok
    ? `  ${paint(terminal, 'green', 'ok')} the nonce ${trip.nonce} came back from the end of the chain${requests ? `, and so did the others of ${requests} requests meanwhile` : ''}\n`
    : `  ${paint(terminal, 'red', 'failed')} ${trip.problem}\n`;
  return `\n${paint(terminal, 'bold', what)}\n${list('discovered', discovered)}${findings.length > 0 ? list('findings', findings) : ''}${list('changed in the control plane', changed)}${formatHops(trip.hops)}${end}`;
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
  const variables = Object.entries(product.env).map(([name, value]) => `${name}=${value}`);
  terminal.out(`
The sandbox stays up; stop it with Ctrl-C. Try, in another terminal:
  curl http://${estate.door}
  export ${variables.join(' ')}
  npx kong-privatelink discover -c ${product.configPath}
  npx kong-privatelink diff -c ${product.configPath}
  npx kong-privatelink render -c ${product.configPath}
`);
  if (!signal.aborted) await once(signal, 'abort');
}
