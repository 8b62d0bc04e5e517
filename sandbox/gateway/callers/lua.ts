import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '#core/model';
import { failure } from '../proxy/routing';
import { type LuaChild, type LuaProcess, type LuaProcessOptions, startLuaProcess } from './lua-process';
import { type Called, type CallersRunner, callersConfig, type Judgement } from './runner';

/**
 * Runs the product's own Lua file in LuaJIT beside the gateway. While that is not there, requests are answered with 500, and none goes through.
 */
export function createLuaCallers(options: LuaProcessOptions): CallersRunner & Pick<LuaProcess, 'child'> {
  const lua = startLuaProcess(options);
  const told = new WeakMap<LuaChild, Map<string, JsonObject>>();
  let asked = 0;
  return {
    child: lua.child,
    judge: async (plugin, called) => {
      const child = lua.child();
      if (!child) return unjudged(called);
      const configs = told.get(child) ?? new Map<string, JsonObject>();
      told.set(child, configs);
      if (configs.get(plugin.id) !== plugin.config) child.tell(['config', hex(plugin.id), ...fieldsOf(plugin.config)]);
      configs.set(plugin.id, plugin.config);
      asked += 1;
      const answer = child.answerTo(String(asked));
      child.tell(['ask', String(asked), hex(plugin.id), ...lineOf(called)]);
      return judgementOf((await answer) ?? [], called);
    },
    close: lua.close,
  };
}

function fieldsOf(config: JsonObject): readonly string[] {
  return Object.entries(callersConfig(config)).flatMap(([name, value]) => [hex(name), hex(value)]);
}

function lineOf({ caller, headers }: Called): readonly string[] {
  const each = Object.entries(headers).flatMap(([name, value = []]) => [value].flat().map((one) => [name, one]));
  return [caller ? caller.toString('hex') : '-', ...each.flat().map(hex)];
}

/** Node gives each byte of a header as one character. */
function hex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}

function unhex(text: string): string {
  return Buffer.from(text, 'hex').toString('latin1');
}

/** As Kong answers when a plugin raises an error. */
function unjudged({ headers }: Called): Judgement {
  return { headers, exit: failure(500, 'An unexpected error occurred') };
}

function judgementOf(
  [word, , verdict = '-', status = '-', type, body = '-', ...rest]: readonly string[],
  called: Called,
) {
  if (word !== 'done') return unjudged(called);
  const text = body === '-' ? undefined : unhex(body);
  const exit = { status: Number(status), body: type === 'json' ? JSON.parse(text ?? '') : text };
  return {
    headers: headersOf(rest.map(unhex)),
    ...(verdict !== '-' && { verdict: unhex(verdict) }),
    ...(status !== '-' && { exit }),
  };
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
