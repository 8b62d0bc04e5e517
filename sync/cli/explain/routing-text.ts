import type { RouteAnswer, RoutingAnswer } from '../../explain/answer';
import type { Rule } from '../../explain/routing/priority';

/** Why one route comes before another, in Kong's order. */
const rules: Readonly<Record<Rule, string>> = {
  expression: 'it matches by an expression',
  kinds: 'it matches on more kinds of things (paths, hosts, methods, headers)',
  host: 'all of its hosts are without an asterisk',
  headers: 'it asks for more headers',
  regex: 'a path that is a regular expression comes before a plain one',
  regex_priority: 'its regex_priority is higher',
  length: 'its path is longer',
  id: 'nothing tells them apart but the ids that Kong gives them',
};

/** The route that takes a request, why it and no other, and what is not sure about that. */
export function formatRouting(routing: RoutingAnswer, takes: string): string {
  const { route, rule, next, documented, perhaps, isOfAll } = routing;
  return [
    route ? `${describe(route)} ${takes} the request.\n` : formatNone(perhaps.length > 0 || !isOfAll),
    route && leadingTo(route),
    next && rule ? `${describe(next)} is next: the other comes first, since ${rules[rule]}.\n` : '',
    documented
      ? `By the order in which Kong documents its rules ${describe(documented)} would take it; Kong 3.9 runs by another one.\n`
      : '',
    ...perhaps.map(({ route: one, reason }) => `Not sure: ${describe(one)} would come first; ${reason}.\n`),
    isOfAll ? '' : "Only this owner's routes are known here: one that people wrote may come first.\n",
  ].join('');
}

function formatNone(mayBe: boolean): string {
  return mayBe ? 'No route is sure to take the request.\n' : 'No route takes the request: Kong answers 404.\n';
}

function describe({ name, id, path, owner }: RouteAnswer): string {
  const whose = owner === undefined ? 'written by people' : `of owner ${owner}`;
  return `Route ${name} (${id}, ${whose})${path === undefined ? '' : ` by path ${path}`}`;
}

function leadingTo({ service, domain, answers }: RouteAnswer): string {
  const to = service === undefined ? '' : `It leads to service ${service}${domain ? `, domain ${domain}` : ''}.\n`;
  return `${to}${answers ? `Mind: ${answers}.\n` : ''}`;
}
