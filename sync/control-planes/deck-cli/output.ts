import { z } from 'zod';
import { type ErrorCode, PrivatelinkError, quoteOf } from '#core/errors';
import { uuidOf } from '#core/uuid';
import type { HeldEntity } from '#deck/document';
import { deckLists, itemsOf } from '#deck/file/items';
import { heldEntities } from '#deck/held';
import { uuidName } from '#deck/keys';
import { certificateTimeFix } from '#io/tls-failures';
import { clientCertificateFix } from '../kong-api/network-errors';

const dump = z.looseObject(deckLists);
const report = z.looseObject({ errors: z.array(z.string()).nullish() });

/** Parses the output of `deck gateway dump --format json`. Throws PrivatelinkError. */
export function parseDump(text: string): readonly HeldEntity[] {
  const lists = parseOutput('gateway dump', dump, text);
  return heldEntities(itemsOf(lists)).map((one) => ({ ...one, id: uuidOf(uuidName(one)) }));
}

/**
 * Returns what `deck gateway sync --json-output` could not do. decK ends with 0 even then. Throws
 * PrivatelinkError.
 */
export function parseSyncErrors(text: string): readonly string[] {
  return parseOutput('gateway sync', report, text).errors ?? [];
}

function parseOutput<T>(verb: string, shape: z.ZodType<T>, text: string): T {
  try {
    return shape.parse(JSON.parse(text));
  } catch (cause) {
    const fix = 'use decK 1.64, the tested version';
    const reason = `deck ${verb} wrote output that this version does not understand`;
    throw new PrivatelinkError(reason, { code: 'CONTROL_PLANE', fix, cause });
  }
}

type Cause = { readonly said: RegExp; readonly code: ErrorCode; readonly fix: string };

/** Causes by decK's own words, since it has no codes. */
const causes: readonly Cause[] = [
  {
    said: /HTTP status 40[13]/,
    code: 'CONTROL_PLANE_AUTH',
    fix: 'give controlPlane.token a token that may write this control plane',
  },
  {
    // decK's first question to Konnect, and to Kong.
    said: /(fetching control planes|reading Kong version): (HTTP status 40[45]|(failed decoding response body: )?invalid character)/,
    code: 'CONTROL_PLANE_UNKNOWN',
    fix: "set controlPlane.address to the address of Konnect's API in your region, such as https://us.api.konghq.com, or of Kong's Admin API",
  },
  {
    said: /control plane not found/,
    code: 'CONTROL_PLANE_UNKNOWN',
    fix: 'correct controlPlane.name',
  },
  {
    // Go names an answer to CONNECT only by its words, and an answer of the control plane by its
    // number.
    said: /proxyconnect|proxy address|": (Forbidden|Proxy Authentication Required|Bad Gateway|Service Unavailable|Gateway Timeout)/,
    code: 'BAD_CONNECTION',
    fix: 'correct HTTPS_PROXY, which decK uses, or name the host of controlPlane.address in NO_PROXY',
  },
  {
    said: /x509: .*(unknown authority|not trusted)/,
    code: 'BAD_CONNECTION',
    fix: 'name the authority of its certificate in controlPlane.tls.ca (a file in PEM)',
  },
  {
    said: /x509: .*legacy Common Name/,
    code: 'BAD_CONNECTION',
    fix: 'issue its certificate with its name among the alternative names (SAN), which decK requires, or use type admin',
  },
  {
    said: /x509: .*(expired|not yet valid)/,
    code: 'BAD_CONNECTION',
    fix: certificateTimeFix,
  },
  {
    said: /x509: .*(valid for|not valid for any names|any IP SANs)/,
    code: 'BAD_CONNECTION',
    fix: 'use the name in its certificate in controlPlane.address, or write that name in controlPlane.tls.serverName',
  },
  {
    said: /failed to verify certificate|x509: /,
    code: 'BAD_CONNECTION',
    fix: 'correct its certificate, or the file of its authority that controlPlane.tls.ca names',
  },
  {
    said: /remote error: tls: .*(certificate|handshake failure|unknown certificate authority)|SSL certificate/,
    code: 'BAD_CONNECTION',
    fix: clientCertificateFix,
  },
  {
    said: /HTTP status (429|5\d\d)|making HTTP request|context deadline exceeded/,
    code: 'UNREACHABLE',
    fix: 'check controlPlane.address and that it answers, then run this again',
  },
];

/** Makes the error for a decK that ended with `said`. */
export function deckError(argv: readonly string[], said: string): PrivatelinkError {
  const text = withoutPasswords(said.trim().replace(/^Error: /, '')) || 'it gave no reason';
  const { code, fix } = causes.find((one) => one.said.test(said)) ?? {
    code: 'CONTROL_PLANE' as const,
    fix: 'correct what decK names, and run this again',
  };
  return new PrivatelinkError(`deck ${argv.slice(0, 2).join(' ')} failed: ${quoteOf(text)}`, { code, fix });
}

/** Go quotes the address of a proxy with its password. */
function withoutPasswords(text: string): string {
  return text.replace(/\/\/[^/\s"]*@/g, '//***@');
}
