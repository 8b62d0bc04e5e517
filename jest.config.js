const { availableParallelism } = require('node:os');

const rooms = [
  'core',
  'io',
  'config',
  'discovery',
  'deck',
  'data-plane',
  'resolver',
  'plugin',
  'sync',
  'sandbox',
  'bench',
  'tools',
  'test',
];

/** The rules, with nothing but Node; `npm run stories` runs whole sandboxes, `npm run peers` what needs more software. */
module.exports = {
  testEnvironment: '<rootDir>/test/support/jest-environment.js',
  roots: rooms.map((room) => `<rootDir>/${room}`),
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['<rootDir>/test/peers/', '<rootDir>/test/stories/'],
  moduleNameMapper: {
    '^#package\\.json$': '<rootDir>/package.json',
    [`^#(${rooms.join('|')})/(.*)$`]: '<rootDir>/$1/$2',
  },
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
  // No measure of speed: it ends a test that would never end, on a machine however slow.
  testTimeout: 600_000,
  // Some tests wait for other processes, and leave their core to the next file.
  maxWorkers: availableParallelism() * 2,
  reporters: ['default', ...(process.env.JEST_COUNTS ? ['<rootDir>/test/support/count-reporter.js'] : [])],
};
