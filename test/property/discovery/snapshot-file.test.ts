import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Discovered, Endpoint, LastGood, Quarantined, Scope, ScopeState, Snapshot } from '#core/model';
import { parseSnapshot, serialiseSnapshot } from '#discovery/snapshot/file';

const timeMs = fc.integer({ min: 0 });
const state = fc.constantFrom('available', 'pending', 'partial', 'rejected', 'deleted', 'unlisted' as const);
const label = fc.stringMatching(/^[a-z0-9-]{1,12}$/);
const scopeId = fc.tuple(label, label, label).map((parts) => parts.join('.'));
const path = fc.stringMatching(/^(\/[A-Za-z0-9_~!$&'()*+;=:@-]{1,9}){1,3}$/);
/** A name: what has digits and dots alone is an address to Kong. */
const host = fc.stringMatching(/^([a-z0-9]{1,9}\.){0,3}[a-z][a-z0-9]{0,8}$/);
const claims = fc.oneof(
  fc.record({ protocol: fc.constantFrom('http', 'https' as const), host, paths: fc.uniqueArray(path) }),
  fc.record({ protocol: fc.constant('http' as const), paths: fc.uniqueArray(path, { maxLength: 20 }) }),
  fc.record({
    protocol: fc.constantFrom('grpc', 'grpcs' as const),
    host,
    paths: fc.uniqueArray(path, { minLength: 1 }),
  }),
);

const endpoint: fc.Arbitrary<Endpoint> = fc
  .tuple(
    claims,
    fc.record(
      {
        id: fc.stringMatching(/^(vpce|i|srv)-\d[\w.:@~!-]{1,20}$/),
        scopeId,
        domain: fc.constantFrom('sd1', 'sd2', 'egress'),
        state,
        reason: fc.string(),
        createdAtMs: timeMs,
        serviceName: fc.string(),
        vpcId: fc.string(),
        port: fc.integer({ min: 1, max: 65_535 }),
        grantedPaths: fc.array(fc.string()),
        weight: fc.integer({ min: 0, max: 65_535 }),
        dnsNames: fc.array(fc.string()),
        addresses: fc.array(
          fc.record(
            {
              ip: fc.oneof(fc.ipV4(), fc.ipV6()),
              region: label,
              zoneId: fc.constantFrom('use1-az1', 'usw2-lax1-az1', 'use1-wl1-bos-wlz1', 'usgw1-az3'),
            },
            { requiredKeys: ['ip', 'region'] },
          ),
        ),
      },
      {
        requiredKeys: [
          ...(['id', 'scopeId', 'domain', 'state', 'createdAtMs', 'port'] as const),
          ...(['grantedPaths', 'weight', 'dnsNames', 'addresses'] as const),
        ],
      },
    ),
  )
  .map(([claim, rest]) => ({ ...claim, ...rest }));

const quarantined: fc.Arbitrary<Quarantined> = fc.record(
  {
    endpointId: fc.string({ minLength: 1 }),
    scopeId,
    domain: fc.constantFrom('sd1', 'sd2'),
    state,
    code: fc.constantFrom('bad-tag', 'disagreement', 'other-gateway' as const),
    reason: fc.string(),
    fix: fc.string(),
  },
  { requiredKeys: ['endpointId', 'scopeId', 'code', 'reason', 'fix'] },
);

const discovered: fc.Arbitrary<Discovered> = fc.record({
  endpoints: fc.array(endpoint, { maxLength: 3 }),
  quarantined: fc.array(quarantined, { maxLength: 3 }),
});

const scope: fc.Arbitrary<Scope> = fc.record({ id: scopeId, source: label, account: label, region: label });

const lastGood: fc.Arbitrary<LastGood> = fc.record(
  { observedAtMs: timeMs, discovered, isRestored: fc.boolean() },
  { requiredKeys: ['observedAtMs', 'discovered'] },
);

const scopeState: fc.Arbitrary<ScopeState> = fc.oneof(
  fc.record({ status: fc.constant('known' as const), scope, observedAtMs: timeMs, discovered }),
  fc.record(
    { status: fc.constant('unknown' as const), scope, reason: fc.string(), code: fc.string(), lastGood },
    { requiredKeys: ['status', 'scope', 'reason', 'code'] },
  ),
);

const snapshot: fc.Arbitrary<Snapshot> = fc.record(
  {
    takenAtMs: timeMs,
    scopes: fc.array(scopeState, { maxLength: 4 }),
    goneIds: fc.array(fc.string()),
    warnings: fc.array(fc.string()),
  },
  { requiredKeys: ['takenAtMs', 'scopes'] },
);

const origin = { from: 'x', owner: 'test' };

describe('snapshot files', () => {
  it('are read back as the written snapshot', () => {
    fc.assert(
      fc.property(snapshot, (one) => {
        expect(parseSnapshot(serialiseSnapshot(one, 'test'), origin)).toEqual(one);
      }),
    );
  });

  it('keep their meaning, or are refused, when one character changes', () => {
    fc.assert(
      fc.property(snapshot, fc.nat(), fc.constantFrom('0', 'x', '}', ' '), (one, at, character) => {
        const text = serialiseSnapshot(one, 'test');
        const index = at % text.length;
        const changed = text.slice(0, index) + character + text.slice(index + 1);

        expect([undefined, one]).toContainEqual(meaningOf(changed));
      }),
    );
  });

  it('are refused when they are cut anywhere', () => {
    fc.assert(
      fc.property(snapshot, fc.nat(), (one, at) => {
        const text = serialiseSnapshot(one, 'test').trimEnd();

        expect(meaningOf(text.slice(0, at % text.length))).toBeUndefined();
      }),
    );
  });
});

function meaningOf(text: string): Snapshot | undefined {
  try {
    return parseSnapshot(text, origin);
  } catch {
    return undefined;
  }
}
