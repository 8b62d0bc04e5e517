import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type ContractsEstate, openContractsEstate } from '../../support/contracts/estate';
import { textOf } from '../../support/documents/pages';

let estate: ContractsEstate;

beforeEach(async () => {
  estate = await openContractsEstate();
});

afterEach(() => estate.close());

/** Actions of a row of the table, without the prefix of their API. */
function actionsOf(feature: string): readonly string[] {
  const row = textOf('docs/permissions.md')
    .split('\n')
    .find((line) => line.startsWith(`| ${feature}`));
  return [...(row ?? '').matchAll(/`(?:ec2|elasticloadbalancing):(\w+)`/g)].map(([, action = '']) => action).sort();
}

it('the permissions on the page are those that a reader of contracts calls, and no others', async () => {
  const { id, name } = estate.createService();
  estate.connect(name, '111111111111');

  await estate.reader([{ id }]).read(new AbortController().signal);

  const called = [...new Set(estate.aws.calls.map(({ action }) => action))].sort();
  const listed = [...actionsOf('report only'), ...actionsOf('health of targets')].sort();
  expect(called).toEqual(listed);
});
