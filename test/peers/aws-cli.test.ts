import { appendFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { estateNamed, estateNames } from '#sandbox/estates/estates';
import { type Served, serveSandbox } from '#sandbox/serve';
import { formatServed } from '#sync/cli/sandbox/serve';
import { awsCli, describeWithAwsCli, runAws } from '../support/aws/aws-cli';
import { blocksIn } from '../support/documents/pages';
import { hintsIn, runServed, tryCommands } from '../support/sandbox';
import { until } from '../support/until';

const ports = { aws: 0, konnect: 0, gateway: 8000 };

const interfaceType = ['--vpc-endpoint-type', 'Interface'];
/** Of SD2's account. */
const role = 'arn:aws:iam::333333333333:role/kong-privatelink';

type Change = { readonly action: string; readonly kind: string };

describeWithAwsCli("the sandbox, driven by AWS's own command line", () => {
  let served: Served;

  beforeEach(async () => {
    served = await serveSandbox({ ...estateNamed('T0'), ports });
  });

  afterEach(() => served.close());

  const aws = (...argv: readonly string[]) => runAws(served.env, ...argv);

  const run = (verb: string) => runServed(served, verb);

  const changed = async (verb: string) => {
    const { report } = await run(verb);
    return report.changes.map(({ action, kind }: Change) => `${action} ${kind}`);
  };

  /** The endpoint of a domain. */
  async function endpointOf(domain: string) {
    const filter = `Name=tag:kong:domain,Values=${domain}`;
    const { VpcEndpoints } = await aws('ec2', 'describe-vpc-endpoints', '--filters', filter);
    return VpcEndpoints[0];
  }

  async function stateOf(id: string): Promise<string> {
    return aws('ec2', 'describe-vpc-endpoints', '--vpc-endpoint-ids', id, '--query', 'VpcEndpoints[0].State');
  }

  it.each(estateNames)('runs the commands of its own hints in estate %s', async (estate) => {
    const other = await serveSandbox({ ...estateNamed(estate), ports });

    const { ends, stderr } = await tryCommands(hintsIn(formatServed(other, { env: {} })), { aws: awsCli });
    await other.close();

    expect(stderr).not.toContain('rror');
    expect(ends).toEqual(['doctor 0', 'discover 0', 'diff 2', 'sync 0', 'aws 0', 'diff 2', 'sync 0']);
  });

  it('runs the commands of docs/sandbox.md', async () => {
    const lines = blocksIn('docs/sandbox.md', 'sh').flatMap((block) => block.trim().split('\n'));

    const { ends, stderr } = await tryCommands(lines, { aws: awsCli, env: served.env });

    expect(stderr).not.toContain('rror');
    expect(ends).toEqual([
      ...['sync 0', 'aws 0', 'aws 0', 'diff 2', 'sync 0'],
      ...['aws 0', 'aws 0', 'aws 0', 'diff 0', 'aws 0', 'diff 2', 'sync 0', 'aws 0', 'sync 0'],
      ...['history 0', 'rollback 0', 'diff 0', 'rollback 0'],
      'aws 0',
    ]);
  });

  it('runs the sandbox commands of docs/contracts.md', async () => {
    const page = blocksIn('docs/contracts.md', 'sh');
    const lines = page.slice(page.findIndex((block) => block.startsWith('SERVICE='))).flatMap((one) => one.split('\n'));
    const inItsFolder = 'cd "$(dirname "$KONG_PRIVATELINK_CONFIG")"';

    const { ends, stderr } = await tryCommands([inItsFolder, ...lines], { aws: awsCli, env: served.env });

    expect(stderr).not.toContain('rror');
    expect(ends).toEqual([
      ...['aws 0', 'contracts 0', 'diff 2', 'sync 0'],
      ...['aws 0', 'aws 0', 'contracts 0', 'diff 0'],
      ...['aws 0', 'aws 0', 'diff 2', 'sync 0', 'sync 0', 'contracts 0'],
      ...['diff 2', 'sync 0', 'diff 2', 'sync 0'],
    ]);
    const { connections } = (await run('contracts')).report;
    expect(
      connections.map(({ consumer, state, mode }: Record<string, string>) => `${consumer} ${state} ${mode}`).sort(),
    ).toEqual([
      ...['sd1 available enforce', 'sd1 available enforce', 'sd2 available enforce'],
      'undefined pendingAcceptance enforce',
    ]);
  });

  it('adds a path to an endpoint by a tag, and removes the tag again', async () => {
    const { VpcEndpointId: id } = await endpointOf('egress');
    await run('sync');

    await aws(
      'ec2',
      'create-tags',
      '--resources',
      id,
      '--tags',
      'Key=kong:path,Value=/egress /out',
      'Key=team,Value=net',
    );
    const { Tags } = await endpointOf('egress');
    const tagged = await changed('diff');
    await aws('ec2', 'delete-tags', '--resources', id, '--tags', 'Key=kong:path', 'Key=team,Value=other');

    expect(Tags).toEqual(expect.arrayContaining([{ Key: 'team', Value: 'net' }]));
    expect(tagged).toEqual(['update route']);
    expect((await endpointOf('egress')).Tags).toContainEqual({ Key: 'team', Value: 'net' });
    expect(await changed('diff')).toEqual([]);
  });

  it('connects an endpoint once its provider accepts it, and deletes the endpoint', async () => {
    const { VpcId, SubnetIds, ServiceName, Tags } = await endpointOf('sd2');
    await run('sync');
    const tags = Tags.map(({ Key, Value }: Record<string, string>) => `{Key=${Key},Value=${Value}}`).join(',');
    const words = ['--vpc-id', VpcId, '--service-name', ServiceName, '--subnet-ids', ...SubnetIds];
    const { VpcEndpoint } = await aws(
      ...['ec2', 'create-vpc-endpoint', '--vpc-endpoint-type', 'Interface', ...words],
      ...['--tag-specifications', `ResourceType=vpc-endpoint,Tags=[${tags}]`],
    );
    const { VpcEndpointId: id } = VpcEndpoint;
    const waiting = await changed('diff');
    const connections = ['ec2', 'describe-vpc-endpoint-connections', '--profile', 'sd2'];
    const filter = ['--filters', 'Name=vpc-endpoint-state,Values=pendingAcceptance'];
    const { VpcEndpointConnections } = await aws(...connections, ...filter);
    const named = ['--service-id', VpcEndpointConnections[0].ServiceId, '--vpc-endpoint-ids', id];
    const accepted = await aws('ec2', 'accept-vpc-endpoint-connections', '--profile', 'sd2', ...named);
    await until('it is available', async () => (await stateOf(id)) === 'available');
    const joined = await changed('sync');
    await aws('ec2', 'delete-vpc-endpoints', '--vpc-endpoint-ids', id);
    await until('it is deleted', async () => (await stateOf(id)) === 'deleted');

    expect([VpcEndpoint.State, waiting, accepted.Unsuccessful]).toEqual(['pendingAcceptance', [], []]);
    expect(VpcEndpointConnections).toMatchObject([{ VpcEndpointId: id, VpcEndpointOwner: served.accounts.gateway }]);
    expect(joined).toEqual(SubnetIds.map(() => 'create target'));
    expect(await changed('sync')).toEqual(SubnetIds.map(() => 'delete target'));
  });

  it('rejects an accepted connection', async () => {
    const { VpcEndpointId: id, ServiceName, SubnetIds } = await endpointOf('sd2');
    await run('sync');

    const named = ['--service-id', ServiceName.split('.').at(-1), '--vpc-endpoint-ids', id];
    await aws('ec2', 'reject-vpc-endpoint-connections', '--profile', 'sd2', ...named);

    expect(await stateOf(id)).toBe('rejected');
    expect(await changed('sync')).toEqual(SubnetIds.map(() => 'delete target'));
  });

  it.each([
    ['InvalidVpcEndpointId.NotFound', ['ec2', 'create-tags', '--resources', 'vpce-0', '--tags', 'Key=a,Value=b']],
    ['DryRunOperation', ['ec2', 'describe-vpcs', '--dry-run']],
    ['InvalidServiceName', ['ec2', 'create-vpc-endpoint', '--vpc-id', 'VPC', '--service-name', 'x', ...interfaceType]],
    ['InvalidParameter', ['ec2', 'create-vpc-endpoint', '--vpc-id', 'VPC', '--service-name', 'x']],
    ['InvalidAction', ['ec2', 'describe-images']],
    ['AccessDenied', ['sts', 'assume-role', '--role-arn', `${role}-other`, '--role-session-name', 'me']],
    ['ServiceNotFound', ['servicediscovery', 'list-instances', '--service-id', 'srv-x']],
  ])('returns the error %s', async (code, argv) => {
    const { VpcId } = await endpointOf('sd2');

    await expect(aws(...argv.map((word) => (word === 'VPC' ? VpcId : word)))).rejects.toMatchObject({
      stderr: expect.stringContaining(`An error occurred (${code}) when calling the `),
    });
  });

  it('acts for the account of a profile, and for another account through a role', async () => {
    const account = ['--query', 'Account'];
    const own = await aws('sts', 'get-caller-identity', ...account);
    const byKeys = await aws('sts', 'get-caller-identity', '--profile', 'sd2', ...account);
    const { Credentials } = await aws('sts', 'assume-role', '--role-arn', role, '--role-session-name', 'me');
    const session = {
      AWS_CONFIG_FILE: served.env.AWS_CONFIG_FILE ?? '',
      AWS_ACCESS_KEY_ID: Credentials.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: Credentials.SecretAccessKey,
      AWS_SESSION_TOKEN: Credentials.SessionToken,
    };
    const bySession = await runAws(session, 'sts', 'get-caller-identity', ...account);
    const text = `[profile role]\nrole_arn = ${role}\nsource_profile = default\nregion = us-east-1\nendpoint_url = ${served.awsUrl}\n`;
    appendFileSync(served.env.AWS_CONFIG_FILE ?? '', text);
    const byProfile = await aws('sts', 'get-caller-identity', '--profile', 'role', ...account);
    const { VpcEndpoints } = await aws('ec2', 'describe-vpc-endpoints', '--profile', 'role');

    const { gateway, sd2 } = served.accounts;
    expect([own, byKeys, bySession, byProfile]).toEqual([gateway, sd2, sd2, sd2]);
    expect(VpcEndpoints).toMatchObject([{ OwnerId: sd2 }]);
  });

  it('registers and deregisters an instance in Cloud Map', async () => {
    const other = await serveSandbox({ ...estateNamed('T3'), ports });
    const cloudMap = (...argv: readonly string[]) => runAws(other.env, 'servicediscovery', ...argv);
    const { Services } = await cloudMap('list-services');
    const id = Services.find(({ Name }: { readonly Name: string }) => Name === 'payroll').Id;
    const named = ['--service-id', id, '--instance-id', 'second'];
    const ids = async () => cloudMap('list-instances', '--service-id', id, '--query', 'Instances[].Id');
    const [first] = await ids();

    const attributes = 'AWS_INSTANCE_IPV4=127.20.9.9,AWS_INSTANCE_PORT=8080,kong:path=/payroll';
    const { OperationId } = await cloudMap('register-instance', ...named, '--attributes', attributes);
    const operation = async () => (await cloudMap('get-operation', '--operation-id', OperationId)).Operation;
    await until('it is registered', async () => (await operation()).Status === 'SUCCESS');
    const registered = await ids();
    await cloudMap('deregister-instance', ...named);
    await until('it is deregistered', async () => (await ids()).length === 1);
    await other.close();

    expect(registered).toEqual([first, 'second']);
  });
});
