const asyncHooks = require('node:async_hooks');
const { TestEnvironment } = require('jest-environment-node');

const storages = new Set();

/** What each test file makes anew, Jest's own among it. */
asyncHooks.AsyncLocalStorage = class AsyncLocalStorage extends asyncHooks.AsyncLocalStorage {
  constructor(...options) {
    super(...options);
    storages.add(this);
  }
};

/** Node's environment, after which nothing of a file is left in the process: Node 20 asks each enabled storage at every promise that is made. */
module.exports = class extends TestEnvironment {
  async teardown() {
    for (const storage of storages) storage.disable();
    storages.clear();
    await super.teardown();
  }
};
