const { availableParallelism } = require('node:os');
const base = require('./jest.config.js');

/**
 * Whole sandboxes from the first to the last request, as `npm start` shows them. Estates of the
 * largest size, and cases with several processes each. They take minutes of processor time.
 */
module.exports = {
  ...base,
  roots: ['<rootDir>/test/stories'],
  testPathIgnorePatterns: [],
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
};
