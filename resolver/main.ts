#!/usr/bin/env node
import { constants } from 'node:os';
import { Command } from 'commander';
import { messageOf } from '#core/errors';
import { openOutput } from '#io/output';
import { type ResolverOptions, resolverHelp, resolverOptions, resolverSummary } from './options';
import { resolverVerb } from './verb';

/** The resolver as a program of its own: what `kong-privatelink resolver` does, without the rest of it. */

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one does not wait for anything.
    if (controller.signal.aborted) process.exit(128 + constants.signals[signal]);
    controller.abort({ signal });
  });
}

function parseOptions(argv: readonly string[]): ResolverOptions {
  const command = new Command('kong-privatelink-resolver')
    .description(`${resolverSummary}\n${resolverHelp}`)
    .option('-c, --config <file>', 'configuration file')
    .option('--json', 'one JSON object on standard output');
  for (const [flags, description] of resolverOptions) command.option(flags, description);
  return command.parse([...argv], { from: 'user' }).opts<ResolverOptions>();
}

async function main(): Promise<number> {
  const [out, err] = [openOutput(1), openOutput(2)];
  const options = parseOptions(process.argv.slice(2));
  try {
    await resolverVerb({ ...options, env: process.env, out: out.write }, controller.signal);
  } catch (thrown) {
    err.write(`error: ${messageOf(thrown)}\n`);
    return 1;
  }
  return (await out.reason()) ? 1 : 0;
}

void main().then((code) => process.exit(code));
