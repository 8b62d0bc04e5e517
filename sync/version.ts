import { engines, version as packageVersion } from '../package.json';

/** The package's version. */
export const version = packageVersion;

/** The oldest Node.js that runs it. */
export const oldestNode = engines.node.replace('>=', '');
