import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AnswerText, jsonText, xmlText } from './answer-text';
import { answerCloudMap, refuseCloudMap } from './cloud-map/answer';
import { parseCaller } from './credentials';
import { answerEc2, refuseEc2 } from './ec2/answer';
import { AwsError } from './error';
import { type Call, createFaults, type Fault, type Faults } from './faults';
import { loadBalancing } from './load-balancing';
import { parseQuery, type Query } from './query';
import type { QueryService } from './query-service';
import { refusalOf, type ServiceName } from './refusals';
import type { AwsRequest } from './request';
import { sts } from './sts';
import type { AwsWorld } from './world/world';

export type AwsServer = {
  /** For the SDK's `endpoint`, or `AWS_ENDPOINT_URL`. */
  readonly url: string;
  /** Every authenticated call so far, oldest first. */
  readonly calls: readonly Call[];
  /** Makes matching calls go wrong; gives the way to end that. */
  inject(fault: Fault): () => void;
  /** Stops at once, open connections included. */
  close(): Promise<void>;
};

export type AwsOptions = {
  /** The system chooses one by default. */
  readonly port?: number;
  /** Added to each answer, as the way to AWS takes. */
  readonly latencyMs?: number;
};

type Context = {
  readonly world: AwsWorld;
  readonly faults: Faults;
  readonly calls: Call[];
  readonly latencyMs: number;
};
type Answer = {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** The clock of the server, where it is not ours. */
  readonly date?: string;
  /** Half of the body is never sent. */
  readonly isCut?: boolean;
};

type Service = Pick<QueryService, 'answer' | 'refuse'> & {
  readonly text: AnswerText;
  readonly contentType: string;
};

const services: Readonly<Record<ServiceName, Service>> = {
  ec2: { answer: answerEc2, refuse: refuseEc2, text: xmlText, contentType: 'text/xml' },
  elasticloadbalancing: { ...loadBalancing, text: xmlText, contentType: 'text/xml' },
  sts: { ...sts, text: xmlText, contentType: 'text/xml' },
  servicediscovery: {
    answer: answerCloudMap,
    refuse: refuseCloudMap,
    text: jsonText,
    contentType: 'application/x-amz-json-1.1',
  },
};

/** Lets a world answer the AWS SDK on 127.0.0.1. */
export async function startAws(world: AwsWorld, { port = 0, latencyMs = 0 }: AwsOptions = {}): Promise<AwsServer> {
  const context = { world, faults: createFaults(), calls: [], latencyMs };
  // No time-out of our own: an SDK that polls rarely would write on a connection at its close.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    respond(context, request, response).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    calls: context.calls,
    inject: context.faults.inject,
    close: () => closeServer(server),
  };
}

async function respond(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const outcome = outcomeOf(context, request, await text(request));
  if (context.latencyMs > 0) await sleep(context.latencyMs);
  if (outcome === 'drop') return void request.socket.destroy();
  if (outcome === 'hang') return;
  const { status, contentType, date, isCut } = outcome;
  const body = Buffer.from(outcome.body);
  response.writeHead(status, { 'content-type': contentType, 'content-length': body.length, ...(date && { date }) });
  if (isCut) response.write(body.subarray(0, body.length / 2));
  else response.end(body);
}

function outcomeOf(context: Context, { headers }: IncomingMessage, body: string): Answer | 'drop' | 'hang' {
  const query = parseQuery(body);
  const requestId = randomUUID();
  const { service, action } = calledBy(headers, query);
  const refused = (error: AwsError): Answer => {
    const { refuse, contentType } = services[service];
    return { status: error.status, contentType, body: refuse(error, requestId) };
  };
  try {
    const caller = parseCaller(headers, service);
    const request = { world: context.world, caller, action, query, body, requestId };
    const faults = strike(context, request);
    const date = skewedDate(headers, faults);
    return date ? { ...refused(refusalOf(service, 'skew')), date } : perform(service, request, faults);
  } catch (error) {
    return refused(error instanceof AwsError ? error : refusalOf(service, 'error'));
  }
}

function strike({ calls, faults }: Context, { action, caller: { account, region } }: AwsRequest): readonly Fault[] {
  const call = { action, account, region };
  calls.push(call);
  return faults.strike(call);
}

/**
 * AWS accepts a signature for 15 minutes. Returns AWS's clock where the call's clock is further
 * away.
 */
function skewedDate(headers: IncomingHttpHeaders, faults: readonly Fault[]): string | undefined {
  const skew = faults.find((fault) => fault.kind === 'skew');
  if (!skew) return undefined;
  const nowMs = Date.now() + skew.aheadMs;
  const [, day, time] = /^(\d{8})T(\d{6})Z$/.exec(String(headers['x-amz-date'])) ?? [];
  const signedMs = Date.parse(`${day}T${time}Z`.replace(/^(....)(..)(.....)(..)/, '$1-$2-$3:$4:'));
  return Math.abs(nowMs - signedMs) <= signatureLifeMs ? undefined : new Date(nowMs).toUTCString();
}

const signatureLifeMs = 15 * 60_000;

/**
 * All services share one address. Cloud Map names the action in a header, the others in the body
 * beside the API's version.
 */
function calledBy(
  headers: IncomingHttpHeaders,
  query: Query,
): { readonly service: ServiceName; readonly action: string } {
  const [, target] = /^Route53AutoNaming_v20170314\.(\w+)$/.exec(String(headers['x-amz-target'])) ?? [];
  if (target) return { service: 'servicediscovery', action: target };
  return { service: byVersion.get(query.get('Version')) ?? 'ec2', action: query.get('Action') ?? '' };
}

const byVersion = new Map<string | undefined, ServiceName>([
  ['2011-06-15', 'sts'],
  ['2015-12-01', 'elasticloadbalancing'],
]);

function perform(service: ServiceName, request: AwsRequest, faults: readonly Fault[]): Answer | 'drop' | 'hang' {
  const { answer, text: form, contentType } = services[service];
  let { world } = request;
  const changes: ((body: string) => string)[] = [];
  for (const fault of faults) {
    if (fault.kind === 'hang' || fault.kind === 'drop') return fault.kind;
    if (fault.kind === 'garbage') return { status: 200, contentType, body: 'upstream connect error' };
    if (fault.kind === 'lag') world = fault.past;
    else if (fault.kind === 'omit') changes.push((body) => form.omit(body, fault.field));
    else if (fault.kind === 'emptyToken') changes.push(form.endWithEmptyToken);
    else if (fault.kind !== 'partial' && fault.kind !== 'skew') throw refusalOf(service, fault.kind);
  }
  const body = changes.reduce((changed, change) => change(changed), answer({ ...request, world }));
  return { status: 200, contentType, body, isCut: faults.some(({ kind }) => kind === 'partial') };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the sandbox listens on TCP');
  return address.port;
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
