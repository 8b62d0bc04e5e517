import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '#core/errors';
import { startPluginServer } from '#sandbox/plugin-server/server';
import { fuzzPluginServer } from './plugin-server/fuzz';

/**
 * `npm run fuzz:plugin [-- SECONDS [SEED]]`: our plugin server under random and mutated frames.
 * Ends with 1 when the server exits, hangs or stops answering.
 */
async function main([seconds = '60', seed = String(Date.now() % 2 ** 31)]: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-fuzz-'));
  const socketPath = join(folder, 'js.sock');
  const server = await startPluginServer({
    program: 'kong-privatelink-pluginserver',
    entriesDir: join(__dirname, '../plugin/entries'),
    socketPath,
    env: {},
    cwd: folder,
  });
  try {
    const untilMs = performance.now() + Number(seconds) * 1_000;
    const isOver = () => performance.now() > untilMs;
    const rounds = await fuzzPluginServer({ socketPath, server, seed: Number(seed), isOver });
    console.log(JSON.stringify({ seed: Number(seed), seconds: Number(seconds), rounds, answered: rounds }));
  } catch (thrown) {
    console.error(`seed ${seed}: ${messageOf(thrown)}\n${server.log()}`);
    process.exitCode = 1;
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

void main(process.argv.slice(2));
