/** Of the package's root, also where this is compiled: an import would put a copy of the file into dist, and its `imports` would count there. */
const manifest: { readonly version: string; readonly engines: { readonly node: string } } = require('#package.json');

/** The package's version. */
export const { version } = manifest;

/** The oldest Node.js that runs it. */
export const oldestNode = manifest.engines.node.replace('>=', '');
