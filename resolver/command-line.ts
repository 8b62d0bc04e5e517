import { parseArgs } from 'node:util';
import { messageOf, PrivatelinkError } from '#core/errors';
import { type ResolverOptions, resolverHelp, resolverOptions, resolverSummary } from './options';

/** All options of the resolver's own program. */
const all: typeof resolverOptions = [
  ['-c, --config <file>', 'Configuration file'],
  ...resolverOptions,
  ['--json', 'Print one JSON object on standard output'],
  ['-h, --help', 'Show help'],
];

type Spelling = { readonly type: 'string' | 'boolean'; readonly short?: string };

/**
 * Parses the command line. Throws PrivatelinkError for an unknown option. Returns `help` for a
 * request for help.
 */
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
    throw new PrivatelinkError(messageOf(cause), { code: 'CONFIG_INVALID', fix: '--help shows the usage', cause });
  }
}

function spellingOf(flags: string): readonly [name: string, spelling: Spelling] {
  const [, short, name = '', value] = /^(?:-(\w), )?--([\w-]+)( <.*>)?$/.exec(flags) ?? [];
  return [name, { type: value ? 'string' : 'boolean', ...(short !== undefined && { short }) }];
}

/** The text of `--help`. */
export function helpText(): string {
  const width = Math.max(...all.map(([flags]) => flags.length));
  const lines = all.map(([flags, description]) => `  ${flags.padEnd(width)}  ${description}`);
  return `Usage: kong-privatelink-resolver [options]\n\n${resolverSummary}\n${resolverHelp}\n\nOptions:\n${lines.join('\n')}\n`;
}
