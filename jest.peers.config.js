const base = require('./jest.config.js');

/** Suites against software of others. A suite that cannot run says why. */
module.exports = {
  ...base,
  roots: ['<rootDir>/test/peers'],
  testPathIgnorePatterns: [],
  maxWorkers: 1,
};
