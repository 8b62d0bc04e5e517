#!/usr/bin/env node
import { CommanderError } from 'commander';
import pino from 'pino';
import { messageOf } from '../../core/errors';
import { parseOptions } from './options';
import { run } from './run';
import type { PluginServer } from './serve';

/** Kong kills a plugin server soon after it asked it to end. */
const stopTimeoutMs = 4_500;

// Standard output is the dump's; Kong logs standard error too. What is written last must not be lost.
const logger = pino({ base: { server: 'kong-privatelink-pluginserver' } }, pino.destination({ fd: 2, sync: true }));

// The rule of this server: one request may be lost, never the process that all others need.
process.on('uncaughtException', (thrown) => logger.error({ reason: messageOf(thrown) }, 'unexpected'));
process.on('unhandledRejection', (thrown) => logger.error({ reason: messageOf(thrown) }, 'unexpected'));

function stopOn(server: PluginServer): void {
  const stop = (signal: string) => {
    logger.info({ signal }, 'stopping');
    setTimeout(() => process.exit(0), stopTimeoutMs).unref();
    void server.drain().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

async function main(): Promise<void> {
  try {
    const options = parseOptions(process.argv.slice(2));
    const out = (text: string) => void process.stdout.write(`${text}\n`);
    const server = await run({ ...options, env: process.env, logger, out });
    if (!server) return;
    stopOn(server);
    logger.info({ kongPrefix: options.kongPrefix, sockName: options.sockName }, 'listening');
  } catch (thrown) {
    // Commander has said its piece; 0 is that of --help. What is listening already must not keep the process.
    if (thrown instanceof CommanderError) process.exit(thrown.exitCode);
    logger.fatal({ reason: messageOf(thrown) }, 'cannot start');
    process.exit(1);
  }
}

void main();
