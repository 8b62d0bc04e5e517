const asyncHooks = require('node:async_hooks');
const { TestEnvironment } = require('jest-environment-node');

const storages = new Set();

/** Modules that each test file creates again, including Jest's own. */
asyncHooks.AsyncLocalStorage = class AsyncLocalStorage extends asyncHooks.AsyncLocalStorage {
  constructor(...options) {
    super(...options);
    storages.add(this);
  }
};

/**
 * Node's environment, without traces of a finished file in the process: Node 20 asks each enabled
 * storage at every new promise.
 */
module.exports = class extends TestEnvironment {
  async teardown() {
    for (const storage of storages) storage.disable();
    storages.clear();
    await super.teardown();
  }
};
