import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import { createConfirmGone } from '#discovery/confirm-gone';
import type { ScopeReader, Source } from '#discovery/source';

const signal = new AbortController().signal;

function sourceOf(name: string, confirmGone?: ScopeReader['confirmGone']): Source {
  const scope = { id: `${name}.self.us-east-1`, source: name, account: 'self', region: 'us-east-1' };
  const discover = async () => ({ endpoints: [], quarantined: [] });
  return { name, scopes: () => [{ scope, discover, confirmGone }] };
}

const throttled = new PrivatelinkError('slow down', { code: 'THROTTLED', fix: undefined });

describe('confirmGone', () => {
  it('asks each source for the missing endpoints of its scopes', async () => {
    const asked: string[] = [];
    const sources = ['hub', 'edge'].map((name) =>
      sourceOf(name, async (ids) => {
        asked.push(`${name} ${ids.join(' ')}`);
        return ids.slice(0, 1);
      }),
    );

    const confirmed = await createConfirmGone(sources)(
      new Map([
        ['edge.self.us-east-1', ['vpce-3']],
        ['hub.self.us-east-1', ['vpce-1', 'vpce-2']],
      ]),
      signal,
    );

    expect(asked).toEqual(['hub vpce-1 vpce-2', 'edge vpce-3']);
    expect(confirmed).toEqual({ goneIds: ['vpce-1', 'vpce-3'], warnings: [] });
  });

  it('makes no call when no endpoint is missing', async () => {
    const source = sourceOf('hub', () => Promise.reject(new Error('was asked')));

    expect(await createConfirmGone([source])(new Map(), signal)).toEqual({ goneIds: [], warnings: [] });
  });

  it('leaves out a source that cannot confirm', async () => {
    const missing = new Map([['hub.self.us-east-1', ['i-1']]]);

    expect(await createConfirmGone([sourceOf('hub')])(missing, signal)).toEqual({ goneIds: [], warnings: [] });
  });

  it('fm-01 confirms nothing for a scope that fails, says so, and goes on with the other scope', async () => {
    const sources = [sourceOf('a', () => Promise.reject(throttled)), sourceOf('b', async (ids) => ids)];
    const missing = new Map([
      ['a.self.us-east-1', ['vpce-1']],
      ['b.self.us-east-1', ['vpce-2']],
    ]);

    const { goneIds, warnings } = await createConfirmGone(sources)(missing, signal);

    expect(goneIds).toEqual(['vpce-2']);
    expect(warnings).toEqual([expect.stringContaining('slow down')]);
  });

  it("rejects with the caller's reason when it is aborted", async () => {
    const controller = new AbortController();
    const source = sourceOf('hub', () => new Promise(() => {}));
    const asking = createConfirmGone([source])(new Map([['hub.self.us-east-1', ['vpce-1']]]), controller.signal);

    controller.abort(new Error('stopped'));

    await expect(asking).rejects.toThrow('stopped');
  });
});
