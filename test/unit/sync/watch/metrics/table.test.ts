import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { metricsReference } from '#sync/watch/metrics/table';

it('is described in the reference as npm run generate writes it', () => {
  const page = join(__dirname, '../../../../../docs/reference/metrics.md');

  expect(readFileSync(page, 'utf8')).toBe(metricsReference());
});
