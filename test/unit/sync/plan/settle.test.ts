import { describe, expect, it } from '@jest/globals';
import { parseBase } from '#deck/file/base';
import { endpointOf, knownScope } from '../../../support/builders';
import { createPasses, defaultPolicy } from '../../../support/passes';

function baseOf(text: string) {
  return parseBase([{ path: 'base.yaml', text: `_format_version: "3.0"\n${text}` }]);
}

const base = baseOf('services: [{ name: sd2, host: a }]\n');
const sd2 = endpointOf();
const sd3 = endpointOf({ id: 'vpce-3', domain: 'sd3', addresses: [{ ip: '10.0.3.1', region: 'us-east-1' }] });
const impatient = { ...defaultPolicy, removeAfterAbsences: 1, removeAfterSeconds: 0 };

describe('a domain whose name stands in a base file', () => {
  it('fm-48 is quarantined as a whole, and other domains are served', async () => {
    const { plane, pass } = createPasses({ base });

    const report = await pass(knownScope([sd2, endpointOf({ id: 'vpce-2' }), sd3]));

    expect(report.quarantined).toMatchObject([
      { endpointId: 'vpce-1', domain: 'sd2', code: 'base-conflict' },
      { endpointId: 'vpce-2', domain: 'sd2', code: 'base-conflict' },
    ]);
    expect(new Set([...plane.entities.values()].map(({ domain }) => domain))).toEqual(new Set(['sd3']));
  });

  it('fm-48 takes no path from other domains', async () => {
    const todo = { paths: ['/todo'], createdAtMs: 1 };
    const { plane, pass } = createPasses({ base });

    const { quarantined } = await pass(
      knownScope([
        { ...sd2, ...todo },
        { ...sd3, ...todo, createdAtMs: 2 },
      ]),
    );

    expect(quarantined).toMatchObject([{ domain: 'sd2', code: 'base-conflict' }]);
    expect(plane.entities.get('route:sd3')?.fields.paths).toEqual(['~/todo$', '/todo/']);
  });

  it('fm-48 keeps its held entities', async () => {
    const { plane, pass } = createPasses({ policy: impatient });
    await pass(knownScope([sd2, sd3]));
    for (const name of ['service:sd2', 'route:sd2']) plane.entities.delete(name);
    const held = [...plane.entities.keys()];
    const contested = createPasses({ controlPlane: plane, policy: impatient, base });

    for (const _ of [1, 2, 3]) await contested.pass(knownScope([sd3, sd2]));
    const { kept } = await contested.pass(knownScope([sd2, sd3]));

    expect([...plane.entities.keys()]).toEqual(held);
    expect(kept.map(({ reason }) => reason)).toEqual(Array(2).fill(expect.stringContaining('base.yaml (services.0)')));
  });

  it('fm-48 is served if the control plane holds the name already: then the base file is wrong', async () => {
    const { plane, pass } = createPasses();
    await pass(knownScope([sd2]));

    const report = await createPasses({ controlPlane: plane, policy: impatient, base }).pass(knownScope([sd2]));

    expect(report).toMatchObject({ quarantined: [], changes: [] });
    expect(plane.entities.has('service:sd2')).toBe(true);
  });
});
