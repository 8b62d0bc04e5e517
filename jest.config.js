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

/**
 * The tests with Node alone. `npm run stories` runs whole sandboxes, `npm run peers` the suites
 * with more software.
 */
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
  // Ends a test that hangs, even on a slow machine. The limit measures no speed.
  testTimeout: 600_000,
  // Some tests wait for other processes, and leave their core to the next file.
  maxWorkers: availableParallelism() * 2,
  reporters: ['default', ...(process.env.JEST_COUNTS ? ['<rootDir>/test/support/count-reporter.js'] : [])],
};
