const base = require('./jest.config.js');

/** The suites that compare with software that nobody here wrote; each says why when it cannot run. */
module.exports = {
  ...base,
  roots: ['<rootDir>/test/peers'],
  testPathIgnorePatterns: [],
  maxWorkers: 1,
};
