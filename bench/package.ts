import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '#sync/pass/version';
import { installPackage } from '#test/support/package/installed';
import { median } from './support/median';
import { reportBench } from './support/report';

const samples = 21;

/**
 * `npm run bench:package`: the disk size of the installed package, and the time of
 * `kong-privatelink --version` beside `node -e 0`, in turns.
 */
function main(): void {
  const installed = installPackage();
  try {
    const ours: number[] = [];
    const node: number[] = [];
    for (let count = 0; count < samples; count += 1) {
      ours.push(millisecondsOf(join(installed.root, 'dist/sync/cli/cli.js'), '--version'));
      node.push(millisecondsOf('-e', '0'));
    }
    const bytes = installed.bytesOnDisk();
    const ratio = median(ours) / median(node);
    console.log(
      `${(bytes / 2 ** 20).toFixed(0)} MiB; --version ${median(ours).toFixed(0)} ms, ${ratio.toFixed(2)} times node -e 0`,
    );
    reportBench('package', { bytes, ours, node }, [{ what: 'version', ours, peer: node }]);
  } finally {
    installed.close();
  }
}

function millisecondsOf(...argv: readonly string[]): number {
  const startMs = performance.now();
  execFileSync(process.execPath, argv, { cwd: packageRoot });
  return performance.now() - startMs;
}

main();
