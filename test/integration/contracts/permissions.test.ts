import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type ContractsEstate, openContractsEstate } from '../../support/contracts/estate';
import { textOf } from '../../support/documents/pages';

let estate: ContractsEstate;

beforeEach(async () => {
  estate = await openContractsEstate();
});

afterEach(() => estate.close());

/** Actions of a row of the table, without their API. */
function actionsOf(feature: string): readonly string[] {
  const row = textOf('docs/permissions.md')
    .split('\n')
    .find((line) => line.startsWith(`| ${feature}`));
  return [...(row ?? '').matchAll(/`(?:ec2|elasticloadbalancing):(\w+)`/g)].map(([, action = '']) => action).sort();
}

it('are on the page: a reader calls what is listed there to report and for the health of targets, and nothing else', async () => {
  const { id, name } = estate.createService();
  estate.connect(name, '111111111111');

  await estate.reader([{ id }]).read(new AbortController().signal);

  const called = [...new Set(estate.aws.calls.map(({ action }) => action))].sort();
  const listed = [...actionsOf('report only'), ...actionsOf('health of targets')].sort();
  expect(called).toEqual(listed);
});
