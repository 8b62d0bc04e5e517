import { once } from 'node:events';
import { type Demonstration, demonstrate, type Narrator } from '../../sandbox/demonstration';
import type { Hop, StoryEvent } from '../../sandbox/story';
import { formatTable, paint, type Terminal } from '../output/terminal';
import { exitCodes } from '../report';
import type { Command } from './command';

/** Shows the whole chain on this machine; on a terminal it stays up until it is stopped, unless `--once`. */
export const runSandbox: Command = async ({ terminal, json, once: isOnce }, signal) => {
  const demonstration = await demonstrate(json ? silent : narrate(terminal), signal);
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

const silent: Narrator = { opening: () => {}, event: () => {} };

function narrate(terminal: Terminal): Narrator {
  return {
    opening: ({ isDistinct }) => {
      terminal.out(opening);
      if (!isDistinct)
        terminal.out(
          'This machine has no loopback address but 127.0.0.1: endpoints have one interface each and differ by port.\n',
        );
    },
    event: (event) => terminal.out(formatEvent(event, terminal)),
  };
}

const opening = `kong-privatelink sandbox: estate T0 on loopback
  SD1 (111111111111) -> Kong gateway (222222222222) -> SD2 (333333333333) -> gateway -> egress (444444444444) -> on-premises
AWS, Konnect, the gateway and the four domains are stand-ins; discovery, plan, apply and the plugin under kong-js-pluginserver are the real ones.
`;

function formatEvent({ what, discovered, changed, trip }: StoryEvent, terminal: Terminal): string {
  const list = (title: string, lines: readonly string[]) =>
    `  ${paint(terminal, 'dim', title)}\n${(lines.length > 0 ? lines : ['nothing']).map((line) => `    ${line}\n`).join('')}`;
  const end = trip.ok
    ? `  ${paint(terminal, 'green', 'ok')} on-premises' nonce ${trip.nonce} came back to SD1\n`
    : `  ${paint(terminal, 'red', 'failed')} ${trip.problem}\n`;
  return `\n${paint(terminal, 'bold', what)}\n${list('discovered', discovered)}${list('changed in the control plane', changed)}${formatHops(trip.hops)}${end}`;
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
  curl http://${estate.sd1Door}/sd2/orders
  export ${variables.join(' ')}
  npx kong-privatelink discover -c ${product.configPath}
  npx kong-privatelink diff -c ${product.configPath}
  npx kong-privatelink render -c ${product.configPath}
`);
  if (!signal.aborted) await once(signal, 'abort');
}
