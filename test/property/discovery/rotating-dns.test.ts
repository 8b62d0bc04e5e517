import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { configSchema, type DnsConfig } from '#config/schema';
import { createDiscoverer } from '#discovery/discover';
import { createDnsSource } from '#discovery/providers/dns';
import { createPasses } from '../../support/passes';

const passMs = 60_000;
const hourMs = 3_600_000;

const config = configSchema.parse({
  owner: 'test',
  sources: [{ type: 'dns', name: 'corp', names: [{ name: 'api.corp', domain: 'sd2' }] }],
  controlPlane: { type: 'konnect', name: 'prod', token: 'kpat_test' },
}).sources[0] as DnsConfig;

type Asked = { readonly atMs: number; readonly ips: readonly string[] };

/** A control plane that follows a name. `answer` returns the addresses for each question. */
function follow(answer: (question: number) => readonly string[], ttlSeconds: number) {
  const asked: Asked[] = [];
  const passes = createPasses({ discover: (signal) => discoverer.discover(signal) });
  const { clock, plane } = passes;
  const source = createDnsSource(config, {
    clock,
    resolver: {
      resolve4: async () => {
        const ips = answer(asked.length);
        asked.push({ atMs: clock.monotonicMs(), ips });
        return ips.map((address) => ({ address, ttlSeconds }));
      },
      resolve6: async () => [],
      resolveSrv: async () => [],
    },
  });
  const discoverer = createDiscoverer([source], { clock });
  const held = () =>
    [...plane.entities.values()].flatMap(({ fields }) => (fields.target ? [String(fields.target).split(':')[0]] : []));
  return {
    asked,
    held,
    /** One pass, a minute after the last; gives the addresses that it took out. */
    pass: async () => {
      const before = held();
      await passes.pass();
      const after = held();
      clock.advance(passMs);
      return before.filter((ip) => !after.includes(ip));
    },
    nowMs: clock.monotonicMs,
  };
}

/** The number of changed answers within the hour before the last one. */
function changesIn(asked: readonly Asked[]): number {
  const lastMs = asked.at(-1)?.atMs ?? 0;
  const texts = asked.map(({ ips }) => [...ips].sort().join());
  return asked.filter(({ atMs }, index) => index > 0 && texts[index] !== texts[index - 1] && lastMs - atMs <= hourMs)
    .length;
}

/**
 * Whether an address looks abandoned: it was missing three times before its name is known to
 * rotate, or for an hour.
 */
function isGivenUp(ip: string | undefined, asked: readonly Asked[]): boolean {
  const given = asked.filter(({ ips }) => ips.includes(ip ?? ''));
  const lastGivenMs = given.at(-1)?.atMs ?? 0;
  const missing = asked.filter(({ atMs }) => atMs > lastGivenMs);
  if (changesIn(asked) < 3) return missing.length >= 3;
  return (asked.at(-1)?.atMs ?? 0) - lastGivenMs > hourMs;
}

const ttls = fc.integer({ min: 1, max: 300 });
const ipOf = (index: number) => `10.0.0.${index + 1}`;

describe('fm-39 a DNS name with rotating answers', () => {
  it('keeps every address when each answer is the next of n addresses', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 9 }), ttls, async (count, ttl) => {
        const name = follow((question) => [ipOf(question % count)], ttl);
        const removed: unknown[] = [];
        for (let pass = 0; pass < 90; pass += 1) removed.push(...(await name.pass()));

        expect(removed).toEqual([]);
        expect(name.held()).toHaveLength(count);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps every address that comes back when each answer is any k of n addresses', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 9 }).chain((count) =>
          fc.record({
            answers: fc.array(
              fc.subarray(
                Array.from({ length: count }, (_, index) => ipOf(index)),
                { minLength: 1 },
              ),
              {
                minLength: 90,
                maxLength: 90,
              },
            ),
            ttl: ttls,
          }),
        ),
        async ({ answers, ttl }) => {
          const name = follow((question) => answers[question] ?? [], ttl);
          for (let pass = 0; pass < 90; pass += 1) {
            for (const ip of await name.pass()) {
              if (!isGivenUp(ip, name.asked)) throw new Error(`${ip} left in pass ${pass}, and keeps coming back`);
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each([
    ['changes for good', (question: number) => (question < 3 ? 0 : 1)],
    ['fails over and back', (question: number) => (question === 3 || question === 4 ? 0 : 1)],
  ])('loses its old address within the time of the policy when it %s', async (_, indexOf) => {
    await fc.assert(
      fc.asyncProperty(ttls, async (ttl) => {
        const name = follow((question) => [ipOf(indexOf(question))], ttl);
        let leftMs = Number.POSITIVE_INFINITY;
        for (let pass = 0; pass < 60; pass += 1) if ((await name.pass()).length > 0) leftMs = name.nowMs() - passMs;

        const lastGivenMs = name.asked.findLast(({ ips }) => ips.includes(ipOf(0)))?.atMs ?? 0;
        const betweenMs = Math.ceil((ttl * 1_000) / passMs) * passMs;
        expect(leftMs - lastGivenMs).toBeLessThanOrEqual(betweenMs + Math.max(2 * betweenMs, 180_000));
        expect(name.held()).toEqual([ipOf(1)]);
      }),
      { numRuns: 30 },
    );
  });
});
