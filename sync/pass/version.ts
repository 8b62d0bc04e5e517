import { dirname } from 'node:path';

type Manifest = { readonly name: string; readonly version: string; readonly engines: { readonly node: string } };

/** Of the package's root, also where this is compiled: an import would put a copy of the file into dist, and its `imports` would count there. */
const manifest: Manifest = require('#package.json');

/** The folder that holds package.json. */
export const packageRoot = dirname(require.resolve('#package.json'));

export const { name: packageName, version } = manifest;

/** The oldest Node.js that runs it. */
export const oldestNode = manifest.engines.node.replace('>=', '');
