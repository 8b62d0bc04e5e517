import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type ErrorCode, PrivatelinkError } from '#core/errors';
import { accountScopes } from '#discovery/aws/accounts';
import { createRoleCredentials, type RoleKeys } from '#discovery/aws/role-credentials';
import { createFakeClock } from '../../../support/passes';

const roleArn = 'arn:aws:iam::222222222222:role/discover';
const regions = ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1'];
const scopes = accountScopes({ name: 'hub', accounts: [{ roleArn }], regions });
const [first, second] = scopes;
if (!first || !second) throw new Error('two regions');

const hourMs = 3_600_000;

/**
 * A role for which STS returns credentials, refuses or fails, as `answer` says for each call.
 * Nobody waits too long unless `isPatienceOver`.
 */
function open(answer: (region: string, call: number) => Promise<RoleKeys> | RoleKeys, isPatienceOver = false) {
  const clock = {
    ...createFakeClock(),
    sleep: () => (isPatienceOver ? Promise.resolve() : new Promise<void>(() => {})),
  };
  const calls: string[] = [];
  const role = createRoleCredentials({
    clock,
    assume: async ({ region }) => {
      calls.push(region);
      return answer(region, calls.length);
    },
  });
  const keysOf = (name: string, lifeMs = hourMs): RoleKeys => ({
    accessKeyId: name,
    secretAccessKey: 's',
    sessionToken: 't',
    expiration: new Date(clock.now() + lifeMs),
  });
  return { clock, calls, role, keysOf };
}

function failing(code: ErrorCode, why = 'the role cannot be taken'): never {
  throw new PrivatelinkError(why, { code, fix: 'mend it' });
}

describe('fm-08 the credentials of a role', () => {
  it('are requested once for all regions, at one time or later', async () => {
    const opened = open((region) => opened.keysOf(region));
    const { role, calls } = opened;

    const together = await Promise.all(scopes.map(role));
    const later = await role(second);

    expect(calls).toEqual(['us-east-1']);
    expect([...together, later].map(({ accessKeyId }) => accessKeyId)).toEqual(Array(5).fill('us-east-1'));
  });

  it('are renewed five minutes before they expire, by the clock that is ahead', async () => {
    const opened = open((_, call) => opened.keysOf(`call ${call}`));
    const { role, clock } = opened;
    const named = async () => (await role(first)).accessKeyId;

    const names = [await named()];
    clock.advance(hourMs - 300_001);
    names.push(await named());
    clock.advance(1);
    names.push(await named());
    clock.step(-10 * hourMs);
    clock.advance(hourMs - 300_000);
    names.push(await named());
    clock.step(hourMs);
    names.push(await named());

    expect(names).toEqual(['call 1', 'call 1', 'call 2', 'call 3', 'call 4']);
  });

  it.each([
    ['behind', 5 * hourMs],
    ['ahead', -5 * hourMs],
  ])('are used by a machine whose clock is hours %s', async (_, lifeMs) => {
    const opened = open((__, call) => opened.keysOf(`call ${call}`, lifeMs));
    const { role, clock } = opened;

    await role(first);
    clock.advance(500_000);
    const soon = await role(first);
    clock.advance(hourMs);
    const late = await role(first);

    expect([soon.accessKeyId, late.accessKeyId]).toEqual(['call 1', 'call 2']);
  });

  it('are used until they expire where they cannot be renewed', async () => {
    const opened = open((_, call) => (call === 1 ? opened.keysOf('call 1') : failing('TIMEOUT')));
    const { role, clock } = opened;

    await role(first);
    clock.advance(hourMs - 1);
    const last = await role(first);
    clock.advance(1);

    expect(last.accessKeyId).toBe('call 1');
    await expect(role(first)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('are used by all regions until they expire where the role is refused meanwhile', async () => {
    const opened = open((_, call) => (call === 1 ? opened.keysOf('call 1') : failing('ACCESS_DENIED')));
    const { role, clock } = opened;

    await role(first);
    clock.advance(hourMs - 1);
    const last = await Promise.allSettled(scopes.map(role));
    clock.advance(1);
    const over = await Promise.allSettled(scopes.map(role));

    expect(last).toMatchObject(scopes.map(() => ({ status: 'fulfilled', value: { accessKeyId: 'call 1' } })));
    expect(over).toMatchObject(scopes.map(() => ({ status: 'rejected', reason: { code: 'ACCESS_DENIED' } })));
  });

  it('are used until they expire where STS does not answer', async () => {
    const silent = new Promise<RoleKeys>(() => {});
    const opened = open((_, call) => (call === 1 ? opened.keysOf('call 1') : silent), true);
    const { role, clock } = opened;

    await role(first);
    clock.advance(hourMs - 1);
    const named = async (scope: (typeof scopes)[number]) => (await role(scope)).accessKeyId;
    const last = await Promise.all(scopes.map((scope) => Promise.race([named(scope), setImmediate('none')])));

    expect(last).toEqual(scopes.map(() => 'call 1'));
  });
});

describe('fm-08 a refused role', () => {
  it('is requested once in each pass, and all of its regions get one error', async () => {
    const { role, calls } = open(() => failing('ACCESS_DENIED'));
    const pass = async () => {
      const errors = await Promise.all(scopes.map((scope) => role(scope).catch((thrown: unknown) => thrown)));
      return new Set(errors).size;
    };

    const different = [await pass(), await pass(), await pass()];

    expect(different).toEqual([1, 1, 1]);
    expect(calls).toHaveLength(3);
  });

  it('is used as soon as STS accepts it', async () => {
    const opened = open((_, call) => (call === 1 ? failing('ACCESS_DENIED') : opened.keysOf('given')));
    const { role } = opened;

    await expect(role(first)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    await expect(role(second)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    const given = [await role(first), await role(second)];

    expect(given.map(({ accessKeyId }) => accessKeyId)).toEqual(['given', 'given']);
  });
});

describe('an STS endpoint that is down in one region', () => {
  it('affects no other region: the next region calls its own STS', async () => {
    const opened = open((region) => (region === 'us-east-1' ? failing('UNREACHABLE') : opened.keysOf(region)));
    const { role } = opened;

    const [one, other] = await Promise.allSettled([role(first), role(second)]);

    expect(one).toMatchObject({ status: 'rejected', reason: { code: 'UNREACHABLE' } });
    expect(other).toMatchObject({ status: 'fulfilled', value: { accessKeyId: 'us-west-2' } });
    expect((await role(first)).accessKeyId).toBe('us-west-2');
  });

  it('affects no other region where a policy denies that region alone', async () => {
    const denied = 'sts:AssumeRole failed: not authorized, with an explicit deny in a service control policy';
    const opened = open((region) =>
      region === 'us-east-1' ? failing('ACCESS_DENIED', denied) : opened.keysOf(region),
    );
    const { role } = opened;

    const [one, other] = await Promise.allSettled([role(first), role(second)]);

    expect(one).toMatchObject({ status: 'rejected', reason: { code: 'ACCESS_DENIED' } });
    expect(other).toMatchObject({ status: 'fulfilled', value: { accessKeyId: 'us-west-2' } });
  });

  it('is not waited for where it does not answer', async () => {
    const silent = new Promise<RoleKeys>(() => {});
    const opened = open((region) => (region === 'us-east-1' ? silent : opened.keysOf(region)), true);
    const { role } = opened;
    void role(first);

    const other = await role(second);

    expect(other.accessKeyId).toBe('us-west-2');
  });
});
