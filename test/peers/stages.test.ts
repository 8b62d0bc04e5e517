import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { request } from 'undici';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { type Provider, startProvider } from '#sandbox/network/providers';
import { type CliResult, runCli } from '../support/cli';
import { describeWithDeck, runDeck } from '../support/control-planes/deck';
import { startPlainKong } from '../support/kong/plain-kong';
import { describeWithKong, freePorts, type RealKong } from '../support/kong/real-kong';
import { until } from '../support/until';

const token = 'kpat_stages';

/** The command line over a configuration whose one domain has its addresses from a file. */
function openProduct(folder: string, planes: readonly string[]) {
  const config = join(folder, 'kong-privatelink.yaml');
  return {
    configure: (addresses: readonly string[], port: number, domains = '{}') =>
      writeFileSync(
        config,
        `owner: test
sources:
  - name: fixed
    type: static
    region: us-east-1
    allow: { addresses: ["127.0.0.0/8"] }
    endpoints: [{ domain: sd2, port: ${port}, addresses: ${JSON.stringify(addresses)} }]
controlPlanes:
${planes.map((one) => `  - { ${one} }\n`).join('')}domains: ${domains}
`,
      ),
    run: async (...argv: readonly string[]): Promise<CliResult> => {
      const result = await runCli([...argv, '-c', config], {});
      if (result.exitCode !== 0)
        throw new Error(`${argv.join(' ')} ended with ${result.exitCode}: ${result.out}${result.err}`);
      return result;
    },
  };
}

const refusing = '{ sd2: { plugins: [{ name: request-termination, config: { status_code: 503 } }] } }';

describeWithDeck('decK, stage by stage', () => {
  const stages = ['canary', 'prod'] as const;
  let folder: string;
  let konnect: Konnect;
  let product: ReturnType<typeof openProduct>;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    konnect = await startKonnect({ controlPlanes: stages.map((name) => ({ name })), token });
    product = openProduct(
      folder,
      stages.map((name) => `stage: ${name}, type: konnect, address: "${konnect.url}", name: ${name}, token: ${token}`),
    );
  });

  afterEach(async () => {
    await konnect.close();
    rmSync(folder, { recursive: true });
  });

  const deck = (verb: string, stage: string) =>
    runDeck(['gateway', verb, join(folder, `${stage}.yaml`)], {
      DECK_KONNECT_ADDR: konnect.url,
      DECK_KONNECT_TOKEN: token,
    });

  it('finds nothing to do with the rendered file of each stage, pinned or not', async () => {
    product.configure(['10.0.0.1', '10.0.0.2'], 80);
    await product.run('sync');
    product.configure(['10.0.0.1', '10.0.0.2'], 80, refusing);
    await product.run('sync');
    await product.run('rollback', '--stage', 'canary', '--now');
    product.configure(['10.0.0.2', '10.0.0.3'], 80, refusing);
    await product.run('sync');

    for (const stage of stages) await product.run('render', '--stage', stage, '-o', join(folder, `${stage}.yaml`));

    for (const stage of stages)
      expect(await deck('diff', stage)).toMatchObject({
        exitCode: 0,
        out: expect.stringMatching(/Created: 0\s+Updated: 0\s+Deleted: 0/),
      });
    expect(stages.map((stage) => konnect.entities(stage, 'plugins').length)).toEqual([0, 1]);
  });

  it('writes the rendered file of each stage, pinned or not, and then the native pass plans nothing', async () => {
    product.configure(['10.0.0.1'], 80);
    await product.run('sync');
    product.configure(['10.0.0.1'], 80, refusing);
    await product.run('sync');
    await product.run('rollback', '--stage', 'canary', '--now');
    product.configure(['10.0.0.1', '10.0.0.9'], 80, refusing);

    for (const stage of stages) {
      await product.run('render', '--stage', stage, '-o', join(folder, `${stage}.yaml`));
      expect(await deck('sync', stage)).toMatchObject({ exitCode: 0 });
    }

    expect((await product.run('diff')).out).not.toMatch(/create|update|delete/);
    expect(stages.map((stage) => konnect.entities(stage, 'targets').length)).toEqual([2, 2]);
  });
});

describeWithKong('two real Kongs without a database, one stage each', () => {
  const addresses = ['127.0.77.1', '127.0.77.2'];
  let folder: string;
  let kongs: readonly RealKong[];
  let provider: Provider;
  let product: ReturnType<typeof openProduct>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    provider = await startProvider({ addresses, handle: async ({ address }) => ({ body: { address } }) });
    const ports = [await freePorts(), await freePorts()];
    kongs = await Promise.all(ports.map((one, index) => startPlainKong(join(folder, `kong-${index}`), { ports: one })));
    const [canary, prod] = ports.map(({ admin }) => `type: dbless, address: "http://127.0.0.1:${admin}"`);
    product = openProduct(folder, [`stage: canary, ${canary}`, `stage: prod, ${prod}`]);
  });

  afterAll(async () => {
    await Promise.all((kongs ?? []).map((one) => one.close()));
    await provider?.close();
    rmSync(folder, { recursive: true });
  });

  async function statusAt(kong: RealKong | undefined): Promise<string> {
    const { statusCode, body } = await request(`http://${kong?.host}:${kong?.port}/sd2/x`);
    return `${statusCode} ${((await body.json()) as { address?: string }).address ?? ''}`.trim();
  }

  async function expectStatuses(canary: string, prod: string): Promise<void> {
    await until(`the stages answer with ${canary} and ${prod}`, async () => {
      const found = [await statusAt(kongs[0]), await statusAt(kongs[1])];
      return found[0] === canary && found[1] === prod;
    });
  }

  it('roll back one by one, and both keep the current addresses', async () => {
    product.configure(addresses.slice(0, 1), provider.port);
    await product.run('sync');
    await expectStatuses('200 127.0.77.1', '200 127.0.77.1');

    product.configure(addresses.slice(0, 1), provider.port, refusing);
    await product.run('sync');
    await expectStatuses('503', '503');

    await product.run('rollback', '--stage', 'canary', '--now');
    await expectStatuses('200 127.0.77.1', '503');

    await product.run('rollback', '--stage', 'prod', '--now');
    product.configure(addresses, provider.port, refusing);
    await product.run('sync');
    await until(
      'both addresses are asked, by a Kong that is pinned',
      async () => (await statusAt(kongs[1])) === '200 127.0.77.2',
    );
    await expectAnswers();

    await product.run('rollback', 'newest', '--now');
    await expectStatuses('503', '503');
  });

  async function expectAnswers(): Promise<void> {
    expect(await statusAt(kongs[0])).toMatch(/^200 /);
  }
});
