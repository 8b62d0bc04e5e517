import type { RouteAnswer, RoutingAnswer } from '../../explain/answer';
import type { Rule } from '../../explain/routing/priority';

/** Reasons why one route comes before another, in Kong's order. */
const rules: Readonly<Record<Rule, string>> = {
  expression: 'the first route matches by an expression',
  kinds: 'the first route matches on more kinds of conditions (paths, hosts, methods, headers)',
  host: 'no host of the first route has an asterisk',
  headers: 'the first route requires more headers',
  regex: 'a path that is a regular expression comes before a plain path',
  regex_priority: 'the first route has a higher regex_priority',
  length: 'the first route has a longer path',
  id: 'only the ids that Kong assigned differ',
};

/** Formats the route that takes a request, the deciding rule, and open questions. */
export function formatRouting(routing: RoutingAnswer, takes: string): string {
  const { route, rule, next, documented, perhaps, isOfAll } = routing;
  return [
    route ? `${describe(route)} ${takes} the request.\n` : formatNone(perhaps.length > 0 || !isOfAll),
    route && leadingTo(route),
    next && rule ? `${describe(next)} is next, because ${rules[rule]}.\n` : '',
    documented
      ? `By Kong's documentation ${describe(documented)} would take the request. Kong 3.9 uses another order of rules.\n`
      : '',
    ...perhaps.map(({ route: one, reason }) => `Not sure: ${describe(one)} would come first; ${reason}.\n`),
    isOfAll ? '' : 'Only routes of this owner are known here. A route that people wrote may come first.\n',
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
  return `${to}${answers ? `Note: ${answers}.\n` : ''}`;
}
