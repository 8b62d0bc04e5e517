import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describeUnlessLacking } from '../needing';

/** decK is the referee: it decides whether what we wrote and what we rendered are the same. */
const folder = join(__dirname, '../../../tools/deck');
const built = join(folder, 'bin/deck');

/** `DECK_BIN`, else `deck` on PATH, else the one of tools/deck, which is built where Go is. */
function findDeck(): string | undefined {
  const found = [process.env.DECK_BIN ?? 'deck', built].find(isDeck);
  if (found || !answers('go', ['version'])) return found;
  process.stderr.write('building decK in tools/deck: about ten minutes the first time\n');
  execFileSync(join(folder, 'build.sh'), { stdio: 'inherit' });
  return built;
}

function isDeck(binary: string): boolean {
  return answers(binary, ['version'])?.startsWith('decK ') === true;
}

function answers(binary: string, argv: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(binary, [...argv], { encoding: 'utf8', timeout: 10_000 });
  return status === 0 ? stdout : undefined;
}

let deck: string | undefined;

/** A suite that runs where decK is or can be built, and says elsewhere how to get it. */
export function describeWithDeck(name: string, suite: () => void): void {
  deck = findDeck();
  const lacking =
    'decK is not installed. To run it: install Go and run tools/deck/build.sh (or put deck on PATH, or set DECK_BIN to it)';
  describeUnlessLacking(deck ? undefined : lacking, name, suite);
}

/** The binary that a suite of `describeWithDeck` runs. */
export function deckBinary(): string {
  return deck ?? '';
}

export type DeckResult = { readonly exitCode: number; readonly out: string; readonly err: string };

/** Runs decK; the token travels in its environment, and decK tells nobody that it was used. */
export function runDeck(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<DeckResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(deckBinary(), [...argv], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, DECK_ANALYTICS: 'off', ...env },
      timeout: 60_000,
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? -1, out, err }));
  });
}
