import { parseArgs } from 'node:util';
import { messageOf, PrivatelinkError } from '#core/errors';
import { type ResolverOptions, resolverHelp, resolverOptions, resolverSummary } from './options';

/** All of them, as the program of its own takes them. */
const all: typeof resolverOptions = [
  ['-c, --config <file>', 'configuration file'],
  ...resolverOptions,
  ['--json', 'one JSON object on standard output'],
  ['-h, --help', 'show this'],
];

type Spelling = { readonly type: 'string' | 'boolean'; readonly short?: string };

/** Reads the command line. Throws PrivatelinkError for what it does not know; `help`: only that is asked for. */
export function parseResolverOptions(argv: readonly string[]): ResolverOptions | 'help' {
  const options: Record<string, Spelling> = Object.fromEntries(all.map(([flags]) => spellingOf(flags)));
  try {
    const {
      help,
      'no-forward': isClosed,
      'zone-id': zoneId,
      ...values
    } = parseArgs({ args: [...argv], options }).values;
    if (help) return 'help';
    return {
      ...(values as ResolverOptions),
      ...(zoneId !== undefined && { zoneId: String(zoneId) }),
      forward: !isClosed,
    };
  } catch (cause) {
    throw new PrivatelinkError(messageOf(cause), { code: 'CONFIG_INVALID', fix: '--help shows what there is', cause });
  }
}

function spellingOf(flags: string): readonly [name: string, spelling: Spelling] {
  const [, short, name = '', value] = /^(?:-(\w), )?--([\w-]+)( <.*>)?$/.exec(flags) ?? [];
  return [name, { type: value ? 'string' : 'boolean', ...(short !== undefined && { short }) }];
}

/** What `--help` prints. */
export function helpText(): string {
  const width = Math.max(...all.map(([flags]) => flags.length));
  const lines = all.map(([flags, description]) => `  ${flags.padEnd(width)}  ${description}`);
  return `Usage: kong-privatelink-resolver [options]\n\n${resolverSummary}\n${resolverHelp}\n\nOptions:\n${lines.join('\n')}\n`;
}
