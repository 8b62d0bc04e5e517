import { explore, oneChange } from '../test/exhaustive/explore';
import { type AlphabetName, type EstateName, estateOf } from '../test/exhaustive/world';

function main([depth = '4', changes = 'one', alphabet = 'short']: readonly string[]): void {
  for (const name of ['direct', 'relayed'] as EstateName[]) {
    const estate = estateOf(name, alphabet as AlphabetName);
    const startedMs = performance.now();
    const passesAfter = changes === 'one' ? oneChange(estate) : undefined;
    const { found, passes } = explore(estate, {
      depth: Number(depth),
      passesAfter,
      onLevel: (f) => console.log(name, f, Math.round(performance.now() - startedMs)),
    });
    console.log(JSON.stringify({ name, found, passes }));
  }
}

main(process.argv.slice(2));
