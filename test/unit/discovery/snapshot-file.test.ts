import { describe, expect, it } from '@jest/globals';
import { parseSnapshot, serialiseSnapshot } from '../../../discovery/snapshot-file';
import { endpointOf, knownScope, snapshotOf, unknownScope } from '../../support/builders';

const origin = { from: 'last.json', owner: 'test' };
const snapshot = snapshotOf(knownScope([endpointOf()]), unknownScope([endpointOf({ id: 'vpce-2' })]));
const text = serialiseSnapshot(snapshot, 'test');

function edited(change: (file: Record<string, unknown>) => void): string {
  const file = JSON.parse(text);
  change(file);
  return JSON.stringify(file);
}

describe('a snapshot file', () => {
  it('gives back what was written, with the reason and the last good of an unknown scope', () => {
    const read = parseSnapshot(text, origin);

    expect(read).toEqual(snapshot);
    expect(read.scopes[1]).toMatchObject({
      status: 'unknown',
      code: 'THROTTLED',
      reason: 'throttled',
      lastGood: { observedAtMs: 500, discovered: { endpoints: [{ id: 'vpce-2' }] } },
    });
  });

  it('has the same bytes whatever the order of fields', () => {
    const { scopes, takenAtMs } = snapshot;
    const [known, unknown] = scopes;
    const reversed = Object.fromEntries(Object.entries(endpointOf()).reverse());
    const same = { scopes: [{ ...known, discovered: { quarantined: [], endpoints: [reversed] } }, unknown], takenAtMs };

    expect(serialiseSnapshot(parseSnapshot(text, origin), 'test')).toBe(text);
    expect(serialiseSnapshot(JSON.parse(JSON.stringify(same)), 'test')).toBe(text);
  });

  it('can be read although somebody formatted it', () => {
    expect(parseSnapshot(JSON.stringify(JSON.parse(text), null, 2), origin)).toEqual(snapshot);
  });

  it.each([
    ['a changed address', text.replace('10.0.1.11', '10.9.9.9'), 'checksum', 'discover --out'],
    ['another owner under the old checksum', text.replace('"owner":"test"', '"owner":"tost"'), 'checksum', 'write it'],
    ['a truncated file', text.slice(0, -40), 'cut short', 'discover --out'],
    ['an empty file', '', 'cut short', 'discover --out'],
    ['a web page', '\n<!doctype html><html></html>', 'HTML', 'correct the address'],
    ['JSON of something else', '{"scopes":[]}', 'something else', 'discover --out'],
    ['a JSON list', '[]', 'something else', 'discover --out'],
    ['a later version', edited((file) => Object.assign(file, { version: 2 })), 'schema version 2', 'same version'],
    [
      'another owner',
      serialiseSnapshot(snapshot, 'other'),
      'belongs to owner other, not to test',
      'set owner to other',
    ],
    [
      'an address that is none',
      serialiseSnapshot(
        snapshotOf(knownScope([endpointOf({ addresses: [{ ip: 'nowhere', region: 'us-east-1' }] })])),
        'test',
      ),
      'scopes.0.discovered.endpoints.0.addresses.0.ip: an IP address',
      'discover --out',
    ],
  ])('refuses %s, saying so and how to correct it', (_, bad, problem, fix) => {
    const read = () => parseSnapshot(bad, origin);

    expect(read).toThrow(expect.objectContaining({ name: 'PrivatelinkError', code: 'BAD_ANSWER' }));
    expect(read).toThrow(/^last\.json: /);
    expect(read).toThrow(problem);
    expect(read).toThrow(fix);
  });
});
