import { isIP } from 'node:net';
import { withoutBrackets } from '#core/addresses/parse';
import { normaliseIp } from '#core/addresses/targets';
import { PrivatelinkError } from '#core/errors';
import type { RoutedRequest } from './routing/conditions';

/** A parsed question. */
export type ExplainQuestion =
  | { readonly is: 'request'; readonly text: string; readonly request: RoutedRequest }
  | { readonly is: 'address'; readonly text: string; readonly ip: string; readonly port?: number }
  /** A domain, the id of an endpoint, or a name of an endpoint. */
  | { readonly is: 'name'; readonly text: string };

/** Options as written. */
export type QuestionOptions = {
  readonly method?: string;
  readonly host?: string;
  readonly header?: readonly string[];
};

/** Parses a question and its options. Throws PrivatelinkError (CONFIG_INVALID) with the problem. */
export function parseQuestion(text: string, options: QuestionOptions = {}): ExplainQuestion {
  const request = requestOf(text, options);
  if (request) return { is: 'request', text, request };
  const [given] = (['method', 'host', 'header'] as const).filter((name) => options[name] !== undefined);
  if (given)
    throw invalid(
      `--${given} works only with a path or a URL, and ${JSON.stringify(text)} is neither`,
      'leave the option out',
    );
  const address = addressOf(text);
  if (address) return { is: 'address', text, ...address };
  if (/^\S+$/.test(text)) return { is: 'name', text };
  throw invalid(
    `${JSON.stringify(text)} is not a valid question`,
    'ask for a domain, a path, a URL, an address, an endpoint or a code',
  );
}

function requestOf(text: string, { method = 'GET', host, header = [] }: QuestionOptions): RoutedRequest | undefined {
  const headers = header.map(headerOf);
  const rest = { method: method.toUpperCase(), headers };
  if (text.startsWith('/')) return { ...rest, scheme: 'http', ...hostOf(host), path: withoutFragment(text) };
  const [, scheme = '', authority = '', path = ''] = /^(https?|grpcs?):\/\/([^/?#]*)(.*)$/i.exec(text) ?? [];
  if (!scheme) return undefined;
  if (!URL.canParse(`http://${authority}/`))
    throw invalid(`${text} is not a valid URL`, 'write it as https://HOST/PATH');
  const { host: named } = new URL(`http://${authority}/`);
  const sent = host ?? (authority.includes('@') ? named : authority);
  const asked = path.startsWith('/') ? path : `/${path}`;
  return { ...rest, scheme: /s$/i.test(scheme) ? 'https' : 'http', ...hostOf(sent), path: withoutFragment(asked) };
}

function withoutFragment(path: string): string {
  return path.split('#', 1)[0] ?? '';
}

/** Parses the Host header as Kong does. */
function hostOf(host: string | undefined): Pick<RoutedRequest, 'host' | 'port'> {
  if (host === undefined) return {};
  const [, name = host, port] = /^([^:]*):(\d+)$/.exec(host) ?? [];
  return { host: name, port: port === undefined ? undefined : Number(port) };
}

function headerOf(text: string): readonly [string, string] {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw invalid(`--header ${JSON.stringify(text)} is not a valid header`, 'write it as NAME:VALUE');
  return [name, value];
}

function addressOf(text: string): { readonly ip: string; readonly port?: number } | undefined {
  if (isIP(withoutBrackets(text))) return { ip: normaliseIp(withoutBrackets(text)) };
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(text) ?? [];
  return isIP(withoutBrackets(host)) ? { ip: normaliseIp(withoutBrackets(host)), port: Number(port) } : undefined;
}

function invalid(reason: string, fix: string): PrivatelinkError {
  return new PrivatelinkError(reason, { code: 'CONFIG_INVALID', fix });
}
