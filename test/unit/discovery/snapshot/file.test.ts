import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Endpoint, Quarantined } from '#core/model';
import { lastGoodFile, parseSnapshot, serialiseSnapshot } from '#discovery/snapshot/file';
import { parseSealed } from '#io/sealed-file';
import { endpointOf, hubScope, knownScope, snapshotOf, unknownScope } from '../../../support/builders';

const origin = { from: 'last.json', owner: 'test' };
const snapshot = snapshotOf(knownScope([endpointOf()]), unknownScope([endpointOf({ id: 'vpce-2' })]));
const text = serialiseSnapshot(snapshot, 'test');

function edited(change: (file: Record<string, unknown>) => void): string {
  const file = JSON.parse(text);
  change(file);
  return JSON.stringify(file);
}

/** A snapshot with a valid endpoint, and an endpoint with `odd` fields. */
function textWith(odd: Readonly<Record<string, unknown>>): string {
  const bad = { ...endpointOf({ id: 'vpce-bad', domain: 'sd9' }), ...odd } as Endpoint;
  return serialiseSnapshot(snapshotOf(knownScope([bad, endpointOf()])), 'test');
}

/** Reads the endpoint with `odd` fields. The valid endpoint is still there. */
function readWith(odd: Readonly<Record<string, unknown>>) {
  const [state] = parseSnapshot(textWith(odd), origin).scopes;
  if (state?.status !== 'known') throw new Error('the scope was lost');
  const { endpoints, quarantined } = state.discovered;
  expect(endpoints).toContainEqual(endpointOf());
  return { endpoint: endpoints.find((one) => one.domain === 'sd9'), quarantined };
}

const template = `$\{{ env "DECK_KONNECT_TOKEN" }}`;
const address = { ip: '10.0.0.1', region: 'us-east-1' };

describe('an endpoint of a snapshot', () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['host', { host: template }],
    ['host', { host: 'a\r\nx: y' }],
    ['host', { host: 'a'.repeat(254) }],
    ['host', { protocol: 'https' }],
    ['paths', { paths: ['//x'] }],
    ['paths', { paths: [template] }],
    ['paths', { paths: ['/a b'] }],
    ['paths', { paths: [`/${'a'.repeat(256)}`] }],
    ['paths', { paths: Array.from({ length: 21 }, (_, index) => `/p${index}`) }],
    ['paths', { protocol: 'grpc' }],
    ['domain', { domain: template }],
    ['weight', { weight: 65_536 }],
    ['port', { port: 0 }],
    ['port', { port: '80' }],
    ['protocol', { protocol: 'tcp' }],
    ['scopeId', { scopeId: 'a,b' }],
    ['createdAtMs', { createdAtMs: null }],
    ['addresses', { addresses: [{ ...address, region: 'us/east' }] }],
    ['addresses', { addresses: null }],
    ['dnsNames', { dnsNames: 'a' }],
  ])('fm-50 is quarantined alone with a %s that no tag could have: %j', (field, odd) => {
    const { endpoint, quarantined } = readWith(odd);

    expect(endpoint).toBeUndefined();
    expect(quarantined).toEqual([
      {
        endpointId: 'vpce-bad',
        scopeId: 'scopeId' in odd ? '' : hubScope.id,
        domain: 'domain' in odd ? undefined : 'sd9',
        state: 'available',
        code: 'missing-field',
        reason: expect.stringContaining(`cannot be used (${field}`),
        fix: 'correct it where the snapshot is written',
      },
    ]);
  });

  it.each([
    'a,b',
    'a/b',
    'a\nb',
    'x'.repeat(129),
    'scope:a.b.c',
    'owner:other',
    'kong-privatelink:base',
    'kong-privatelink',
  ])('fm-50 is quarantined alone with the id %j, which is not a tag or would be another tag', (id) => {
    expect(readWith({ id })).toMatchObject({ endpoint: undefined, quarantined: [{ endpointId: id }] });
  });

  it.each(['zone', 'x'.repeat(200), 7])('fm-49 has an unknown zone for the text %j', (zoneId) => {
    const { endpoint, quarantined } = readWith({ addresses: [{ ...address, zoneId }] });

    expect(endpoint?.addresses).toEqual([address]);
    expect(quarantined).toEqual([]);
  });

  it('fm-50 has shortened texts for people', () => {
    const long = 'x'.repeat(2_000);

    const { endpoint } = readWith({ reason: long, serviceName: long, dnsNames: Array(99).fill(long) });

    expect([endpoint?.reason, endpoint?.serviceName]).toEqual(Array(2).fill(`${'x'.repeat(1_000)}…`));
    expect(endpoint?.dnsNames).toEqual(Array(50).fill(`${'x'.repeat(1_000)}…`));
  });

  it('is held as uncertain if a later version quarantined it for a reason unknown here', () => {
    const said = { endpointId: 'vpce-1', scopeId: hubScope.id, code: 'of-tomorrow', reason: 'is odd', fix: 'mend it' };
    const later = snapshotOf(knownScope([], [said as unknown as Quarantined]));

    expect(parseSnapshot(serialiseSnapshot(later, 'test'), origin)).toMatchObject({
      scopes: [{ discovered: { quarantined: [{ ...said, code: 'missing-field' }] } }],
    });
  });
});

describe('last good', () => {
  it('fm-45 is used without its unusable scope', () => {
    const odd = { ...knownScope([endpointOf({ id: '' })]), scope: { ...hubScope, id: 'west.self.us-west-2' } };
    const mixed = serialiseSnapshot(snapshotOf(odd, knownScope([endpointOf()])), 'test');

    expect(() => parseSnapshot(mixed, origin)).toThrow();
    expect(parseSealed(mixed, lastGoodFile('test'), 'last.json').snapshot.scopes).toEqual([knownScope([endpointOf()])]);
  });
});

describe('a snapshot file', () => {
  it('is read back as it was written, with the reason and the last good of an unknown scope', () => {
    const read = parseSnapshot(text, origin);

    expect(read).toEqual(snapshot);
    expect(read.scopes[1]).toMatchObject({
      status: 'unknown',
      code: 'THROTTLED',
      reason: 'throttled',
      lastGood: { observedAtMs: 500, discovered: { endpoints: [{ id: 'vpce-2' }] } },
    });
  });

  it('has equal bytes whatever the order of fields', () => {
    const { scopes, takenAtMs } = snapshot;
    const [known, unknown] = scopes;
    const reversed = Object.fromEntries(Object.entries(endpointOf()).reverse());
    const same = { scopes: [{ ...known, discovered: { quarantined: [], endpoints: [reversed] } }, unknown], takenAtMs };

    expect(serialiseSnapshot(parseSnapshot(text, origin), 'test')).toBe(text);
    expect(serialiseSnapshot(JSON.parse(JSON.stringify(same)), 'test')).toBe(text);
  });

  it('of version 0e2421d is readable, and has equal bytes now', () => {
    const golden = readFileSync(join(__dirname, '../../../fixtures/goldens/state-0e2421d/snapshot.json'), 'utf8');

    expect(serialiseSnapshot(parseSnapshot(golden, origin), 'test')).toBe(golden);
  });

  it('is readable after somebody formatted it', () => {
    expect(parseSnapshot(JSON.stringify(JSON.parse(text), null, 2), origin)).toEqual(snapshot);
  });

  it.each([
    ['a changed address', text.replace('10.0.1.11', '10.9.9.9'), 'checksum', 'discover --out'],
    ['another owner under the old checksum', text.replace('"owner":"test"', '"owner":"tost"'), 'checksum', 'write it'],
    ['a truncated file', text.slice(0, -40), 'cut short', 'discover --out'],
    ['an empty file', '', 'cut short', 'discover --out'],
    ['a web page', '\n<!doctype html><html></html>', 'HTML', 'correct the address'],
    ['JSON of another kind', '{"scopes":[]}', 'something else', 'discover --out'],
    ['a JSON list', '[]', 'something else', 'discover --out'],
    ['a later version', edited((file) => Object.assign(file, { version: 2 })), 'schema version 2', 'same version'],
    [
      'another owner',
      serialiseSnapshot(snapshot, 'other'),
      'belongs to owner other, not to test',
      'set owner to other',
    ],
    ['fm-03 an endpoint without id', textWith({ id: '' }), 'scopes.0.discovered.endpoints.0', 'discover --out'],
    [
      'a scope that cannot be a tag',
      serialiseSnapshot(snapshotOf(knownScope([], [], { ...hubScope, id: 'hub,self' })), 'test'),
      'scopes.0.scope.id',
      'discover --out',
    ],
    [
      'a time that no clock shows',
      serialiseSnapshot({ ...snapshot, takenAtMs: 1e300 }, 'test'),
      'takenAtMs',
      'discover --out',
    ],
  ])('is refused with the reason and the fix: %s', (_, bad, problem, fix) => {
    const read = () => parseSnapshot(bad, origin);

    expect(read).toThrow(expect.objectContaining({ name: 'PrivatelinkError', code: 'BAD_ANSWER' }));
    expect(read).toThrow(/^last\.json: /);
    expect(read).toThrow(problem);
    expect(read).toThrow(fix);
  });
});

describe('a snapshot that would need too much memory', () => {
  it.each<[string, string, RegExp]>([
    ['40 MB of nesting', '['.repeat(40_000_000), /nested deeper than 32 levels; divide it/],
    ['40 MB of empty objects', `[${'{},'.repeat(13_000_000)}{}]`, /more than 1000000 lists and objects/],
    ['more than 64 MiB', ' '.repeat(64 * 1024 * 1024 + 1), /has more than 64 MiB/],
    ['more than 64 MiB in fewer characters', `"…${' '.repeat(64 * 1024 * 1024 - 3)}`, /has more than 64 MiB/],
    ['nesting behind a text with quotes', `["a\\\\", "\\"[", ${'['.repeat(40)}`, /nested deeper/],
  ])('is refused before it is parsed: %s', (_, json, message) => {
    expect(() => parseSnapshot(json, origin)).toThrow(message);
  });

  it('is not counted by characters inside texts', () => {
    const brackets = '[{"\\'.repeat(50);
    const odd = serialiseSnapshot(snapshotOf(unknownScope([endpointOf({ serviceName: brackets })])), 'test');

    expect(() => parseSnapshot(odd, origin)).not.toThrow();
  });
});
