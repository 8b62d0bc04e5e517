import { compareText } from '#core/addresses/targets';
import { groupBy } from '#core/group-by';
import { canonicalJson } from '#core/json';
import { isPlainWord, shellWord } from '#core/printable';
import type { Adoptable } from '../adoptable';

type Tags = Readonly<Record<string, string>>;

/** The missing tags of an endpoint, and its place. */
type Tagging = {
  readonly id: string;
  readonly domain: string;
  readonly account: string;
  readonly region: string;
  readonly tags: Tags;
};

function taggingsOf(adoptable: readonly Adoptable[]): readonly Tagging[] {
  return adoptable.flatMap(({ domain, endpoints, tags }) =>
    endpoints.flatMap(({ id, accountId, scope }) => {
      const own = tags[id] ?? {};
      const account = accountId ?? scope.account;
      return Object.keys(own).length > 0 ? [{ id, domain, account, region: scope.region, tags: own }] : [];
    }),
  );
}

/**
 * Returns `aws ec2 create-tags` lines for a shell, one for each set of tags. A comment above the
 * lines names the account.
 */
export function awsCommands(adoptable: readonly Adoptable[]): readonly string[] {
  const groups = groupBy(taggingsOf(adoptable), ({ account, region, tags }) => canonicalJson([account, region, tags]));
  const lines = [...groups.values()].flatMap(([first, ...more]) => {
    if (!first) return [];
    const ids = [first, ...more].map(({ id }) => shellWord(id)).sort(compareText);
    const words = ['aws ec2 create-tags', '--region', shellWord(first.region), '--resources', ...ids, '--tags'];
    return [{ account: first.account, line: [...words, ...tagWords(first.tags)].join(' ') }];
  });
  return [...groupBy(lines, ({ account }) => account)].flatMap(([account, own]) => [
    `# ${accountWords(account)}`,
    ...own.map(({ line }) => line),
  ]);
}

function accountWords(account: string): string {
  return /^\d{12}$/.test(account) ? `account ${account}` : "account of the process's own credentials";
}

function tagWords(tags: Tags): readonly string[] {
  const entries = Object.entries(tags);
  // AWS's shorthand accepts every word that needs no quotes in a shell.
  if (entries.every((pair) => pair.every(isPlainWord)))
    return entries.map(([key, value]) => `Key=${key},Value=${value}`);
  return [shellWord(JSON.stringify(entries.map(([Key, Value]) => ({ Key, Value }))))];
}

/** Returns the same tags as Terraform resources, one for each endpoint. */
export function terraformOf(adoptable: readonly Adoptable[]): string {
  return taggingsOf(adoptable)
    .map(({ id, domain, account, region, tags }) => {
      const pairs = Object.entries(tags).map(([key, value]) => `    ${hclText(key)} = ${hclText(value)}`);
      return [
        `# ${accountWords(account)}, region ${region}`,
        `resource "aws_ec2_tag" "${resourceName(domain, id)}" {`,
        '  for_each = {',
        ...pairs,
        '  }',
        `  resource_id = ${hclText(id)}`,
        '  key         = each.key',
        '  value       = each.value',
        '}\n',
      ].join('\n');
    })
    .join('\n');
}

function resourceName(domain: string, id: string): string {
  return `kong_${domain}_${id}`.replace(/\W/g, '_');
}

/** Returns a text of HCL without templates. */
function hclText(text: string): string {
  return JSON.stringify(text).replace(/([$%])\{/g, '$1$1{');
}
