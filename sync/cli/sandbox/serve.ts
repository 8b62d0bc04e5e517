import { once } from 'node:events';
import { PrivatelinkError } from '#core/errors';
import type { Terminal } from '#io/terminal';
import { estateNamed } from '#sandbox/estates/estates';
import { type Served, servedPorts, serveSandbox } from '#sandbox/serve';
import type { Shown } from '../verb';
import { commandsFor, formatExperiment } from './hints';

export type ServeOptions = Shown & {
  readonly estate?: string;
  /** Port of AWS. Konnect takes the next port. */
  readonly port?: string;
};

/** Serves an estate until it is stopped. */
export async function serveEstate(
  { terminal, json, estate = 'T0', port }: ServeOptions,
  signal: AbortSignal,
): Promise<void> {
  const { prepare } = estateNamed(estate);
  const { close, ...served } = await serveSandbox({ prepare, ports: portsFrom(port) });
  try {
    terminal.out(json ? `${JSON.stringify(served)}\n` : formatServed(served, terminal));
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await close();
  }
}

/**
 * Returns the ports of AWS and Konnect. Throws PrivatelinkError for an invalid port, or Kong's
 * port.
 */
function portsFrom(text: string | undefined): typeof servedPorts {
  if (text === undefined) return servedPorts;
  const aws = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  const konnect = aws && aws + 1;
  const { gateway } = servedPorts;
  const isPair = konnect <= 65_535;
  if (isPair && aws !== gateway && konnect !== gateway) return { aws, konnect, gateway };
  throw new PrivatelinkError(`--port ${text}: ${isPair ? `${gateway} is the port of Kong` : 'not a valid port'}`, {
    code: 'CONFIG_INVALID',
    fix: 'give a number from 1 to 65534: AWS gets this port, and Konnect the next port; 0 takes two free ports',
  });
}

/** Formats the addresses of the sandbox, the commands to use it, and how to stop it. */
export function formatServed(served: Omit<Served, 'close'>, terminal: Pick<Terminal, 'env'>): string {
  const { title, accounts, awsUrl, konnectUrl, door, configPath, experiment } = served;
  const profiles = Object.keys(accounts).filter((name) => name !== 'gateway');
  return `kong-privatelink sandbox: ${title}
AWS on ${awsUrl}, Konnect on ${konnectUrl}.
No gateway runs here. When your own Kong listens on 127.0.0.1:${servedPorts.gateway}, the consumer
reaches it through http://${door}
The configuration is ${configPath};
docs/sandbox.md shows the configuration for your own Kong.
Stop it all with Ctrl-C. Try, in another terminal:
${commandsFor(served, ['doctor', 'discover', 'diff', 'sync'], terminal)}
${formatExperiment(experiment)}AWS's commands act for the gateway's account, and with --profile for
${profiles.join(', ')}.
`;
}
