import { randomInt } from 'node:crypto';
import { askedAt } from '#core/addresses/loopback';
import { messageOf, PrivatelinkError } from '#core/errors';
import { askByUdp } from './forwarding/exchange';
import { readAddress } from './forwarding/nameservers';
import type { ResolverOptions } from './options';
import { classIn, flags, headerBytes, rcodeOf, rcodes, types } from './packets/numbers';
import { readSettingsInThread } from './settings/in-thread';

export type Checked = {
  /** The address of the resolver that answered. */
  readonly address: string;
  readonly suffix: string;
};

/** A longer health check has failed. */
const timeoutMs = 2_000;

/**
 * Asks the resolver of the configuration for its own suffix. Throws PrivatelinkError without a
 * right answer.
 */
export async function checkRunning(options: ResolverOptions): Promise<Checked> {
  const { listen, suffix } = await readSettingsInThread(options);
  const address = askedAt(listen);
  const question = questionOf(suffix);
  const message = Buffer.concat([headerOf(randomInt(65_536)), question]);
  const found = await askByUdp({ message, question, server: readAddress(address), timeoutMs }).catch(
    (cause: unknown) => {
      throw unanswered(address, messageOf(cause), cause);
    },
  );
  const isOurs = (found.readUInt16BE(2) & flags.isAuthoritative) !== 0;
  if (rcodeOf(found) !== rcodes.NOERROR || !isOurs) throw unanswered(address, `it does not know ${suffix}`);
  return { address, suffix };
}

function unanswered(address: string, why: string, cause?: unknown): PrivatelinkError {
  const fix = 'start kong-privatelink resolver there, or name another with --listen and --suffix';
  return new PrivatelinkError(`the resolver at ${address} does not answer (${why})`, {
    code: 'UNREACHABLE',
    fix,
    cause,
  });
}

function headerOf(id: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(1, 4);
  return header;
}

/** A question for the SOA of the suffix, which the resolver always has. */
function questionOf(suffix: string): Buffer {
  const labels = suffix.split('.').map((label) => Buffer.from(`\0${label}`, 'latin1'));
  for (const label of labels) label[0] = label.length - 1;
  return Buffer.concat([...labels, Buffer.from([0, 0, types.SOA, 0, classIn])]);
}
