const rooms = ['core', 'io', 'config', 'discovery', 'deck', 'plugin', 'sync', 'sandbox', 'bench', 'test'];

/** Everything that needs nothing but Node; `npm run peers` runs the suites that need more. */
module.exports = {
  testEnvironment: 'node',
  roots: rooms.map((room) => `<rootDir>/${room}`),
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['<rootDir>/test/peers/'],
  moduleNameMapper: {
    '^#package\\.json$': '<rootDir>/package.json',
    [`^#(${rooms.join('|')})/(.*)$`]: '<rootDir>/$1/$2',
  },
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
  testTimeout: 60_000,
  maxWorkers: '100%',
  reporters: ['default', ...(process.env.JEST_COUNTS ? ['<rootDir>/test/support/count-reporter.js'] : [])],
};
