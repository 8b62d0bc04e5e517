import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '#core/model';
import { failure } from '../proxy/routing';
import type { CallerRequest } from './judge';
import { type LuaChild, type LuaProcess, type LuaProcessOptions, startLuaProcess } from './lua-process';
import { type CallersRunner, callersConfig, type Judged } from './runner';

/**
 * Runs the product's own Lua file in LuaJIT beside the gateway. Without LuaJIT every request gets
 * 500.
 */
export function createLuaCallers(options: LuaProcessOptions): CallersRunner & Pick<LuaProcess, 'child'> {
  const lua = startLuaProcess(options);
  const told = new WeakMap<LuaChild, Map<string, JsonObject>>();
  let asked = 0;
  return {
    child: lua.child,
    judge: async (plugin, request) => {
      const child = lua.child();
      if (!child) return unjudged(request);
      const configs = told.get(child) ?? new Map<string, JsonObject>();
      told.set(child, configs);
      if (configs.get(plugin.id) !== plugin.config) child.tell(['config', hex(plugin.id), ...fieldsOf(plugin.config)]);
      configs.set(plugin.id, plugin.config);
      asked += 1;
      const answer = child.answerTo(String(asked));
      child.tell(['ask', String(asked), hex(plugin.id), ...lineOf(request)]);
      return judgedOf((await answer) ?? [], request);
    },
    close: lua.close,
  };
}

function fieldsOf(config: JsonObject): readonly string[] {
  return Object.entries(callersConfig(config)).flatMap(([name, value]) => [hex(name), hex(value)]);
}

function lineOf({ tlv, headers }: CallerRequest): readonly string[] {
  const each = Object.entries(headers).flatMap(([name, value = []]) => [value].flat().map((one) => [name, one]));
  return [tlv === undefined ? '-' : hex(tlv), ...each.flat().map(hex)];
}

/** Node gives each byte of a header as one character. */
function hex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}

function unhex(text: string): string {
  return Buffer.from(text, 'hex').toString('latin1');
}

/** Kong's answer when a plugin raises an error. */
function unjudged({ headers }: CallerRequest): Judged {
  return { headers, exit: failure(500, 'An unexpected error occurred') };
}

function judgedOf(answer: readonly string[], request: CallerRequest): Judged {
  const [word, , verdict, consumer, endpointId, status, type, body, ...headers] = answer;
  if (word !== 'done') return unjudged(request);
  const known = { verdict: given(verdict), consumer: given(consumer), endpointId: given(endpointId) };
  const text = given(body);
  const exit =
    status === '-' ? undefined : { status: Number(status), body: type === 'json' ? JSON.parse(text ?? '') : text };
  return { ...known, headers: headersOf(headers.map(unhex)), exit };
}

function given(field = '-'): string | undefined {
  return field === '-' ? undefined : unhex(field);
}

/** Names and values in turn. */
function headersOf(texts: readonly string[]): IncomingHttpHeaders {
  const headers: Record<string, string | string[]> = {};
  for (let at = 0; at + 1 < texts.length; at += 2) {
    const [name = '', value = ''] = [texts[at]?.toLowerCase(), texts[at + 1]];
    const former = headers[name];
    headers[name] = former === undefined ? value : [former, value].flat();
  }
  return headers;
}
