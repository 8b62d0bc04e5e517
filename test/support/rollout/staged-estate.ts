import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Estate, openEstate, stagedConfig, stageOf } from '../estate';

export type StagedEstate = Estate & {
  /** Stages whose gateway answered a request, each time, with its status. */
  readonly asked: readonly { readonly stage: string; readonly status: number }[];
  /** Plugins of the one domain, and what is other in `rollout` than by default. */
  use(plugins: readonly object[], rollout?: object): void;
  /** Names of the plugins that a stage has. */
  pluginsOf(stage: string): readonly string[];
  /** A command that does not show anything; gives the step of each stage, and why it is at it. */
  advance(): Promise<{
    readonly exitCode: number;
    readonly steps: readonly string[];
    readonly reasons: readonly string[];
  }>;
};

export const good = [{ name: 'rate-limiting', config: { minute: 1_000, policy: 'local' } }];
export const bad = [{ name: 'request-termination', config: { status_code: 503 } }];

type Row = { readonly progress: { readonly step: string; readonly reason?: string } };

/**
 * Control planes, each with a data plane that applies changes at once. A gateway answers 503 when
 * its control plane says so.
 */
export async function openStagedEstate(names: readonly string[]): Promise<StagedEstate> {
  const estate = await openEstate(names.map((name) => ({ name })));
  const { konnect } = estate;
  const pluginsOf = (stage: string) => konnect.entities(stage, 'plugins').map((one) => String(one.name));
  estate.addEndpoint('sd2', ['10.0.1.11']);
  const asked: { stage: string; status: number }[] = [];
  const gateways = createServer(({ url = '' }, response) => {
    const [, stage = ''] = url.split('/');
    const status = pluginsOf(stage).includes('request-termination') ? 503 : 200;
    asked.push({ stage, status });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => gateways.listen(0, '127.0.0.1', resolve));
  const { port } = gateways.address() as AddressInfo;
  const report = (name: string) =>
    konnect.reportNode(name, { id: name, hostname: name, configHash: konnect.configHash(name) });
  const nodes = setInterval(() => names.forEach(report), 20);
  return {
    ...estate,
    asked,
    pluginsOf,
    use: (plugins, { gates = {}, ...over }: { gates?: object } = {}) => {
      const requests = [{ url: `http://127.0.0.1:${port}/{stage}/sd2`, perSecond: 20 }];
      const rollout = { settleSeconds: 1, bakeSeconds: 1, gates: { requests, ...gates }, ...over };
      const stages = names.map((name) => stageOf(estate, name));
      const more = `rollout: ${JSON.stringify(rollout)}\ndomains: ${JSON.stringify({ sd2: { plugins } })}\n`;
      estate.configure(`${stagedConfig(estate, stages)}${more}`);
    },
    advance: async () => {
      const { exitCode, out } = await estate.run('sync', '--json');
      const rows = (JSON.parse(out).stages as readonly Row[]).map(({ progress }) => progress);
      return { exitCode, steps: rows.map(({ step }) => step), reasons: rows.map(({ reason = '' }) => reason) };
    },
    close: async () => {
      clearInterval(nodes);
      gateways.closeAllConnections();
      await new Promise((resolve) => gateways.close(resolve));
      await estate.close();
    },
  };
}
