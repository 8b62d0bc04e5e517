import { z } from 'zod';
import { PrivatelinkError } from '#core/errors';
import type { Pdk } from '../plugin-server/driver';
import type { GatewayConfig } from './entities';
import type { Routing } from './proxy/routing';

type Call = (args: readonly unknown[], routing: Routing, config: GatewayConfig) => unknown;

const targetArgs = z.tuple([z.string(), z.int().min(0).max(65_535)]);
const upstreamArgs = z.tuple([z.string()]);
const headerArgs = z.tuple([z.string(), z.coerce.string()]);
const exitArgs = z.tuple([
  z.int().min(100).max(599),
  z.unknown().optional(),
  z.record(z.string(), z.coerce.string()).nullish(),
]);

/** The calls that the stand-in knows, with the effects of kong/pdk of Kong 3.9. */
const calls: Readonly<Record<string, Call>> = {
  'kong.service.set_target': (args, routing) => {
    const [host, port] = parse('kong.service.set_target', targetArgs, args);
    // Kong sends the address without its port as Host, and lets no later step replace it.
    Object.assign(routing, { host, port, hostHeader: host, chosenBy: 'plugin' });
  },
  'kong.service.set_upstream': (args, routing, config) => {
    const [host] = parse('kong.service.set_upstream', upstreamArgs, args);
    if (!config.upstreams.has(host)) throw pdkError(`could not find an Upstream named '${host}'`);
    Object.assign(routing, { host, chosenBy: 'plugin' });
    return true;
  },
  'kong.service.request.set_header': (args, routing) => {
    const [name, value] = parse('kong.service.request.set_header', headerArgs, args);
    if (name.toLowerCase() === 'host') routing.hostHeader = value;
    else routing.headers = { ...routing.headers, [name.toLowerCase()]: value };
  },
  'kong.response.exit': (args, routing) => {
    const [status, body, headers] = parse('kong.response.exit', exitArgs, args);
    routing.exit ??= { status, body: body ?? undefined, headers: headers ?? undefined };
  },
};

/**
 * The PDK of one request: its calls change `routing`. A call rejects where Kong's returns `nil,
 * err` or raises an error. An unknown call rejects with its name.
 */
export function createPdk(routing: Routing, config: GatewayConfig): Pdk {
  return async (method, args) => {
    if (method.startsWith('kong.log')) return undefined;
    const call = Object.hasOwn(calls, method) ? calls[method] : undefined;
    if (!call) throw pdkError(`the sandbox's gateway has no ${method}`, 'run the plugin under a real Kong for it');
    return call(args, routing, config);
  };
}

function parse<T>(method: string, shape: z.ZodType<T>, args: readonly unknown[]): T {
  const parsed = shape.safeParse(args);
  if (parsed.success) return parsed.data;
  throw pdkError(`${method}: ${z.prettifyError(parsed.error)}`);
}

function pdkError(reason: string, fix?: string): PrivatelinkError {
  return new PrivatelinkError(reason, { code: 'REJECTED', fix });
}
