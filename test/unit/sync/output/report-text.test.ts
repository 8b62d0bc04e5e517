import { describe, expect, it } from '@jest/globals';
import { formatReport } from '../../../../sync/output/report-text';
import type { Report } from '../../../../sync/report';
import { createsOf, documentOf } from '../../../support/konnect';

const terminal = { env: {}, out: () => {}, err: () => {}, isTerminal: false };
const empty: Report = { owner: 'test', scopes: [], quarantined: [], changes: [], kept: [], warnings: [] };
const creates = createsOf(documentOf('sd2', 1));

describe('formatReport', () => {
  it('shows the changes as a table by domain, in the order of their actions, with the reason of each', () => {
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

  it('names what waits for an approval, and what needs none any more', () => {
    const leftOut = creates
      .slice(0, 2)
      .map((change) => ({ change, outcome: 'skipped' as const, error: 'not approved' }));

    const text = formatReport({ ...empty, leftOut, unnecessary: creates.slice(2, 3) }, terminal);

    expect(text).toBe(
      'left out upstream sd2.privatelink, target 10.0.0.0:80 of sd2: not approved\nnot needed any more create service sd2\n',
    );
  });
});
