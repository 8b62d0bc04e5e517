import { dirname } from 'node:path';

type Manifest = { readonly name: string; readonly version: string; readonly engines: { readonly node: string } };

/**
 * Read from the package's root even when compiled: an `import` would copy the file into dist, and
 * the copy's `imports` would apply there.
 */
const manifest: Manifest = require('#package.json');

/** The folder with package.json. */
export const packageRoot = dirname(require.resolve('#package.json'));

export const { name: packageName, version } = manifest;

/** The oldest version of Node.js that the package supports. */
export const oldestNode = manifest.engines.node.replace('>=', '');
