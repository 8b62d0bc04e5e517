import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDeck } from '#sync/control-planes/deck-cli/control-plane';
import { type Backend, describeBackend, type Over } from '../support/control-planes/contract';
import { deckBinary, describeWithDeck } from '../support/control-planes/deck';
import { owner, startStage, token } from '../support/control-planes/konnect';

/** decK before the Konnect stand-in. */
async function startDeck(): Promise<Backend> {
  const { konnect } = await startStage();
  const folder = mkdtempSync(join(tmpdir(), 'deck-contract-'));
  const env = { PATH: process.env.PATH, HOME: folder };
  const connect = ({ token: own = token, address = konnect.url }: Over) =>
    connectDeck({ type: 'deck', address, name: 'prod', token: own, binary: deckBinary() }, owner, { env });
  return {
    plane: connect({}),
    failWrite: () => konnect.inject({ kind: 'status', status: 400, method: 'PUT' }),
    stop: async () => {
      await konnect.close();
      rmSync(folder, { recursive: true });
    },
  };
}

describeWithDeck('the contract of backends', () => describeBackend('deck', startDeck));
