import { stripVTControlCharacters, styleText } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { Report } from '#sync/pass/report';
import { formatApplied, formatPlanned, formatReport } from '#sync/pass/report-text';
import type { AppliedChange } from '#sync/plan/changes';
import { createsOf, documentOf } from '../../../support/control-planes/konnect';

const terminal = { env: {}, out: () => {}, err: () => {}, isTerminal: false };
const empty: Report = { owner: 'test', scopes: [], quarantined: [], changes: [], kept: [], warnings: [] };
const creates = createsOf(documentOf('sd2', 1));

describe('formatReport', () => {
  it('shows the changes as a table by domain, in their order, each with its reason', () => {
    const other = createsOf(documentOf('egress', 0)).slice(0, 1);
    const [upstream, target] = creates;
    const changes = [
      ...creates.slice(0, 1),
      ...other,
      { ...(target ?? upstream), action: 'delete' as const, reason: 'gone' },
    ];

    const text = formatReport({ ...empty, changes: changes as Report['changes'] }, terminal);

    expect(text).toBe(
      [
        'egress',
        '  ACTION  KIND      NAME                WHY',
        '  create  upstream  egress.privatelink  test',
        'sd2',
        '  ACTION  KIND      NAME             WHY',
        '  create  upstream  sd2.privatelink  test',
        '  delete  target    10.0.0.0:80      gone',
        '',
      ].join('\n'),
    );
  });

  it('wraps a long reason within its column on a terminal, in the colour of its change, and cuts nothing', () => {
    const reason = 'vpce-0123456789abcdef0 in hub.222222222222.us-east-1 is available, and its zone use1-az1 is served';
    const changes = creates.slice(0, 1).map((change) => ({ ...change, reason }));

    const text = formatReport({ ...empty, changes }, { ...terminal, isTerminal: true, columns: 80 });

    expect(stripVTControlCharacters(text).split('\n')).toEqual([
      'sd2',
      '  ACTION  KIND      NAME             WHY',
      '  create  upstream  sd2.privatelink  vpce-0123456789abcdef0 in',
      '                                     hub.222222222222.us-east-1 is available,',
      '                                     and its zone use1-az1 is served',
      '',
    ]);
    expect(text).toContain(
      `  ${styleText('green', stripVTControlCharacters(text).split('\n').slice(2, 5).join('\n').slice(2))}`,
    );
  });

  it('names changes without approval, and approved changes that are no longer needed', () => {
    const leftOut = creates
      .slice(0, 2)
      .map((change) => ({ change, outcome: 'skipped' as const, error: 'not approved' }));

    const text = formatReport({ ...empty, leftOut, unnecessary: creates.slice(2, 3) }, terminal);

    expect(text).toBe(
      'left out upstream sd2.privatelink, target 10.0.0.0:80 of sd2: not approved\nno longer needed create service sd2\n',
    );
  });
});

describe('formatReport with foreign text', () => {
  /** A full report, with `text` in each place for words of strangers, AWS or a control plane. */
  const reportOf = (text: string): Report => {
    const [create] = creates;
    if (!create) throw new Error('there is no change');
    const change = { ...create, key: text, domain: text, reason: text };
    const failed: AppliedChange = { change, outcome: 'failed', error: text };
    const kept = [{ key: text, domain: text, reason: text }];
    const withheld = { reason: text, changes: [change] };
    const publication = { name: text, domain: text, changes: [change], kept, applied: [failed], conflicts: [text] };
    return {
      owner: 'test',
      scopes: [{ id: text, status: 'unknown', endpoints: 0, reason: text }],
      quarantined: [{ endpointId: text, scopeId: text, domain: text, reason: text, fix: text, code: 'bad-tag' }],
      changes: [change],
      kept,
      applied: [failed],
      leftOut: [failed],
      unnecessary: [change],
      conflicts: [text],
      withheld,
      refused: text,
      warnings: [text],
      publications: [{ ...publication, withheld, error: text }],
    };
  };

  it('fm-51 has it on one line each, without control characters', () => {
    const hostile = 'x\r\nApplied all 9 changes\u001b[2J\u001b[31m\u009b2J\u202e';

    const lines = formatReport(reportOf(hostile), terminal).split('\n');

    expect(lines).toHaveLength(formatReport(reportOf('x'), terminal).split('\n').length);
    expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('formatReport of data planes', () => {
  it.each([
    [0, '0 of 1 data planes run the new configuration so far\n'],
    [1, '1 of 1 data planes run the new configuration\n'],
  ])('does not report data planes as failed that are about to follow: %i', (inSync, text) => {
    expect(formatReport({ ...empty, rollout: { nodes: 1, inSync } }, terminal)).toBe(text);
  });
});

describe('formatPlanned', () => {
  it('counts blocked changes and their dependants separately', () => {
    const upstream = { kind: 'upstream', key: 'sd2.privatelink', id: 'theirs' } as const;
    const other = createsOf(documentOf('egress', 1));

    const text = formatPlanned([...creates, ...other], [upstream]);

    expect(text).toBe(
      `${other.length} to create, 0 to update, 0 to delete; ${creates.length} held back by the conflicts above`,
    );
  });

  it('counts all changes when none is blocked', () => {
    expect(formatPlanned(creates, [])).toBe(`${creates.length} to create, 0 to update, 0 to delete`);
  });
});

describe('formatApplied', () => {
  const applied = creates.map((change): AppliedChange => ({ change, outcome: 'applied' }));
  const failed = applied.map((one): AppliedChange => ({ ...one, outcome: 'failed', isTransient: true }));

  it.each([
    ['Applied 1 change', applied.slice(0, 1)],
    ['Applied all 2 changes', applied.slice(0, 2)],
    ['Applied 1 of 2 changes; run sync again for the rest', [...applied.slice(0, 1), ...failed.slice(0, 1)]],
  ])('returns %s', (text, results) => {
    expect(formatApplied(results)).toBe(text);
  });
});
