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
import { AwsError } from './aws-error';
import { answerCloudMap, refuseCloudMap } from './cloud-map';
import { parseCaller } from './credentials';
import { answerEc2, refuseEc2 } from './ec2';
import { type Call, createFaults, type Fault, type Faults, omitField, omitJsonField } from './faults';
import { parseQuery, type Query } from './query';
import { refusalOf, type ServiceName } from './refusals';
import type { AwsRequest } from './request';
import { answerSts, refuseSts } from './sts';
import type { AwsWorld } from './world';

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

type Context = { readonly world: AwsWorld; readonly faults: Faults; readonly calls: Call[] };
type Answer = { readonly status: number; readonly contentType: string; readonly body: string };

const services = {
  ec2: { answer: answerEc2, refuse: refuseEc2, omit: omitField, contentType: 'text/xml' },
  sts: { answer: answerSts, refuse: refuseSts, omit: omitField, contentType: 'text/xml' },
  servicediscovery: {
    answer: answerCloudMap,
    refuse: refuseCloudMap,
    omit: omitJsonField,
    contentType: 'application/x-amz-json-1.1',
  },
};

/** Lets a world answer the AWS SDK on 127.0.0.1; the system chooses the port unless one is given. */
export async function startAws(world: AwsWorld, options: { readonly port?: number } = {}): Promise<AwsServer> {
  const context = { world, faults: createFaults(), calls: [] };
  // Without a time-out of our own, an SDK that polls rarely never writes on a connection that is just being closed.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    respond(context, request, response).catch(() => response.destroy());
  });
  server.listen(options.port ?? 0, '127.0.0.1');
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
  if (outcome === 'drop') request.socket.destroy();
  else if (outcome !== 'hang')
    response.writeHead(outcome.status, { 'content-type': outcome.contentType }).end(outcome.body);
}

function outcomeOf(context: Context, { headers }: IncomingMessage, body: string): Answer | 'drop' | 'hang' {
  const query = parseQuery(body);
  const requestId = randomUUID();
  const { service, action } = calledBy(headers, query);
  try {
    const caller = parseCaller(headers, service);
    return perform(context, service, { world: context.world, caller, action, query, body, requestId });
  } catch (error) {
    const refusal = error instanceof AwsError ? error : refusalOf(service, 'error');
    const { refuse, contentType } = services[service];
    return { status: refusal.status, contentType, body: refuse(refusal, requestId) };
  }
}

/** All services share one address: Cloud Map names the action in a header, the others in the body, beside their API's version. */
function calledBy(
  headers: IncomingHttpHeaders,
  query: Query,
): { readonly service: ServiceName; readonly action: string } {
  const [, target] = /^Route53AutoNaming_v20170314\.(\w+)$/.exec(String(headers['x-amz-target'])) ?? [];
  if (target) return { service: 'servicediscovery', action: target };
  return { service: query.get('Version') === '2011-06-15' ? 'sts' : 'ec2', action: query.get('Action') ?? '' };
}

function perform(context: Context, service: ServiceName, request: AwsRequest): Answer | 'drop' | 'hang' {
  const { account, region } = request.caller;
  const call = { action: request.action, account, region };
  context.calls.push(call);
  const { answer, omit, contentType } = services[service];
  const omitted: string[] = [];
  for (const fault of context.faults.strike(call)) {
    if (fault.kind === 'hang' || fault.kind === 'drop') return fault.kind;
    if (fault.kind === 'garbage') return { status: 200, contentType, body: 'upstream connect error' };
    if (fault.kind !== 'omit') throw refusalOf(service, fault.kind);
    omitted.push(fault.field);
  }
  return { status: 200, contentType, body: omitted.reduce(omit, answer(request)) };
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
