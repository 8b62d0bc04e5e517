import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { accounts } from '../../support/contracts/builders';
import { type ContractsWorld, openContractsWorld } from '../../support/contracts/world';
import { defaultConfig } from '../../support/estate';

let world: ContractsWorld;
let own: string;
let other: string;

beforeEach(async () => {
  world = await openContractsWorld();
  own = world.connect(accounts.sd1);
  other = world.connect(accounts.other);
  world.world.accept(other);
});

afterEach(() => world.close());

/** The rows of the table, by their first cell. */
function rowsOf(out: string): readonly string[] {
  return out.split('\n').map((line) => line.replace(/ {2,}/g, ' | ').replace(/ \| \d{4}-\d\d-\d\d$/, ' | DAY'));
}

describe('kong-privatelink contracts', () => {
  it('shows the consumer of each connection and its calls, with the findings below', async () => {
    const { exitCode, out } = await world.run('contracts');

    expect(exitCode).toBe(0);
    const [head, ...rows] = rowsOf(out);
    expect(head).toBe('CONSUMER | ACCOUNT | ENDPOINT | STATE | MAY CALL | MODE | SINCE');
    expect(rows).toContain(`sd1 | ${accounts.sd1} | ${own} | pendingAcceptance | sd2 | - | DAY`);
    expect(rows.join('\n')).toMatch(
      new RegExp(`^- \\| ${accounts.other} \\| ${other} \\| \\w+ \\| - \\| - \\| DAY$`, 'm'),
    );
    expect(out).toContain(`finding ${own} at ${world.service.id}: `);
    expect(out).toContain(`finding * at ${world.service.id}: `);
  });

  it('prints the table as JSON with --json', async () => {
    const { exitCode, out } = await world.run('contracts', '--json');

    const view = JSON.parse(out);
    expect(exitCode).toBe(0);
    expect(view.services).toMatchObject([
      { id: world.service.id, domains: ['sd2'], parts: { connections: { status: 'known', ageMs: 0 } } },
    ]);
    expect(view.connections.map(({ consumer, mayCall }: never) => ({ consumer, mayCall }))).toEqual(
      expect.arrayContaining([{ consumer: 'sd1', mayCall: ['sd2'] }, { mayCall: [] }]),
    );
  });

  it('needs no token of the control plane, does not call it, and writes nothing', async () => {
    delete (world.env as Record<string, string>).KONNECT_TOKEN;
    const before = readdirSync(world.folder);

    const { exitCode } = await world.run('contracts');

    expect(exitCode).toBe(0);
    expect(world.konnect.calls).toEqual([]);
    expect(world.writes()).toEqual([]);
    expect(readdirSync(world.folder)).toEqual(before);
  });

  it('names unknown parts, and ends with 5 under --strict', async () => {
    world.aws.inject({ action: 'DescribeVpcEndpointServicePermissions', kind: 'denied' });

    const [lenient, strict] = [await world.run('contracts'), await world.run('contracts', '--strict')];

    expect([lenient.exitCode, strict.exitCode]).toEqual([0, 5]);
    expect(lenient.out).toContain(`unknown permissions of ${world.service.id}: `);
    expect(lenient.out).toContain(own);
  });

  it('ends with 1 where AWS refuses to list the connections', async () => {
    world.aws.inject({ action: 'DescribeVpcEndpointConnections', kind: 'denied' });

    const { exitCode, out } = await world.run('contracts');

    expect(exitCode).toBe(1);
    expect(out).toContain('allow ec2:DescribeVpcEndpointConnections for the identity in use');
  });

  it('says nothing of health where the role may not read it', async () => {
    world.aws.inject({ action: 'DescribeTargetGroups', kind: 'denied' });

    const { exitCode, out } = await world.run('contracts', '--strict');

    expect(exitCode).toBe(0);
    expect(out).not.toContain('unknown');
  });

  it('names a service that AWS does not know in its account or region', async () => {
    world.contract({ services: [{ id: 'vpce-svc-0123456789abcdef0', region: 'us-west-2', endpoint: world.aws.url }] });

    const { exitCode, out } = await world.run('contracts');

    expect(exitCode).toBe(1);
    expect(out).toContain('AWS knows no endpoint service vpce-svc-0123456789abcdef0');
  });

  it('names the service of each connection where there are several', async () => {
    const services = [
      { id: world.service.id, region: 'us-east-1', endpoint: world.aws.url },
      { id: 'vpce-svc-0123456789abcdef0', region: 'us-east-1', endpoint: world.aws.url },
    ];
    world.contract({ services });

    const { exitCode, out } = await world.run('contracts');

    expect(exitCode).toBe(0);
    expect(rowsOf(out)[0]).toBe('SERVICE | CONSUMER | ACCOUNT | ENDPOINT | STATE | MAY CALL | MODE | SINCE');
  });

  it("says whether the gateway refuses a request, by the consumer's mode or else by contracts.mode", async () => {
    const services = [{ id: world.service.id, region: 'us-east-1', endpoint: world.aws.url }];
    const sd1 = { accounts: [accounts.sd1], calls: ['sd2'], mode: 'observe' };
    world.contract({ services, consumers: { sd1 }, mode: 'enforce' });

    const { out } = await world.run('contracts');

    expect(rowsOf(out)).toContain(`sd1 | ${accounts.sd1} | ${own} | pendingAcceptance | sd2 | observe | DAY`);
    expect(out).toMatch(new RegExp(`^- +${accounts.other} .* - +enforce `, 'm'));
    const { connections } = JSON.parse((await world.run('contracts', '--json')).out);
    expect(connections.map(({ mode }: { mode: string }) => mode).sort()).toEqual(['enforce', 'observe']);
  });

  it('says that nobody connects where AWS confirms it', async () => {
    const quiet = world.world.createService({ account: '222222222222', region: 'us-east-1' });
    world.contract({ services: [{ id: quiet.id, region: 'us-east-1', endpoint: world.aws.url }] });

    const { out } = await world.run('contracts');

    expect(out).toContain(`Nobody connects to ${quiet.id}\n`);
  });

  it('says how to begin where the configuration has no contracts', async () => {
    world.configure(defaultConfig(world));

    const { exitCode, err } = await world.run('contracts');

    expect(exitCode).toBe(1);
    expect(err).toContain('contracts: the configuration has no contracts; begin with one service and one consumer');
  });
});

describe('the check of contracts', () => {
  it.each([
    [
      'a consumer without accounts, principals and endpoints',
      { consumers: { sd1: { calls: ['sd2'] } } },
      'say whose endpoints it has: write accounts, principals or endpoints',
    ],
    [
      'one account in two consumers',
      {
        consumers: {
          blue: { accounts: [accounts.sd1], calls: ['sd2'] },
          green: { accounts: [accounts.sd1], calls: ['sd2'] },
        },
      },
      `account ${accounts.sd1} is one of consumer green too: write endpoints in each, since an endpoint has one consumer`,
    ],
  ])('refuses %s, in both verbs', async (_, over, message) => {
    world.contract(over);

    const [shown, synced] = [await world.run('contracts'), await world.run('sync')];

    expect([shown.exitCode, synced.exitCode]).toEqual([1, 1]);
    expect(shown.err).toContain(message);
    expect(synced.err).toContain(message);
    expect(world.aws.calls).toEqual([]);
  });

  it('distinguishes two consumers of one account by their endpoints', async () => {
    const second = world.connect(accounts.sd1);
    const accountsOfBoth = [accounts.sd1];
    world.contract({
      consumers: {
        blue: { accounts: accountsOfBoth, endpoints: [own], calls: ['sd2'] },
        green: { accounts: accountsOfBoth, endpoints: [second], calls: [] },
      },
    });

    const { out } = await world.run('contracts', '--json');

    const { connections } = JSON.parse(out) as { connections: { endpointId: string; consumer?: string }[] };
    const consumerOf = (id: string) => connections.find(({ endpointId }) => endpointId === id)?.consumer;
    expect([consumerOf(own), consumerOf(second), consumerOf(other)]).toEqual(['blue', 'green', undefined]);
  });

  it('warns of a call to an unknown domain', async () => {
    world.addEndpoint('sd2', ['10.0.1.11']);
    world.contract({ consumers: { sd1: { accounts: [accounts.sd1], calls: ['sd2', 'egres'] } } });

    const { out } = await world.run('diff');

    expect(out).toContain(
      'warning contracts.consumers.sd1.calls: egres: no endpoint that can be used claims this domain; correct the name, or give the domain an endpoint\n',
    );
  });
});
