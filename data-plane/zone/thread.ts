import { parentPort } from 'node:worker_threads';
import { createAwsAccess } from '#discovery/aws/access';
import { lazyEc2Client } from '#discovery/aws/clients';
import { createZoneReader, type ReadZoneIds } from '#discovery/aws/readers/zones';
import { systemClock as clock } from '#io/clock';
import { findZoneId, lookUpZone } from './zone-id';

/**
 * The thread that finds the own zone and ends. Metadata may not answer, and the serving process
 * stays free of the SDK. Its timers keep only the thread alive.
 */

function zoneIdsOf(region: string): ReadZoneIds {
  const scope = { id: `zone.self.${region}`, source: 'zone', account: 'self', region };
  const aws = createAwsAccess(clock);
  return createZoneReader({ ...aws, scope, client: lazyEc2Client({ ...aws, scope }) });
}

void lookUpZone(
  {
    find: (signal) => findZoneId({ env: process.env, zoneIdsOf }, signal),
    clock,
    random: Math.random,
    post: (message) => parentPort?.postMessage(message),
  },
  new AbortController().signal,
);
