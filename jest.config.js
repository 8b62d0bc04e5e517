/** Everything that needs nothing but Node; `npm run peers` runs the suites that need more. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['<rootDir>/test/peers/'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
  testTimeout: 60_000,
  maxWorkers: '100%',
  reporters: ['default', ...(process.env.JEST_COUNTS ? ['<rootDir>/test/support/count-reporter.js'] : [])],
};
