import { describe, expect, it } from '@jest/globals';
import { createPluginRunner } from '#sandbox/gateway/plugin-runner';

const pdk = async () => undefined;

/** A plugin server that counts instances from 0 and can forget them all. */
function pluginServer() {
  const started: unknown[] = [];
  const handled: number[] = [];
  let forgottenBelow = 0;
  return {
    started,
    handled,
    forget: () => {
      forgottenBelow = started.length;
    },
    startInstance: async (_name: string, config: unknown) => started.push(config) - 1,
    handleEvent: async (instanceId: number) => {
      if (instanceId < forgottenBelow) throw new Error(`refused HandleEvent: no plugin instance #${instanceId}`);
      handled.push(instanceId);
      return [];
    },
  };
}

describe('createPluginRunner', () => {
  it('keeps one instance per plugin and configuration', async () => {
    const server = pluginServer();
    const runner = createPluginRunner(server);

    await runner.access({ id: 'p', config: { domain: 'sd2' } }, pdk);
    await runner.access({ id: 'p', config: { domain: 'sd2' } }, pdk);
    await runner.access({ id: 'p', config: { domain: 'egress' } }, pdk);
    await runner.access({ id: 'q', config: { domain: 'sd2' } }, pdk);

    expect(server.handled).toEqual([0, 0, 1, 2]);
  });

  it('starts one instance for concurrent requests', async () => {
    const server = pluginServer();
    const runner = createPluginRunner(server);

    await Promise.all([1, 2, 3].map(() => runner.access({ id: 'p', config: {} }, pdk)));

    expect(server.started).toHaveLength(1);
  });

  it('starts the instance again when the server has forgotten it', async () => {
    const server = pluginServer();
    const runner = createPluginRunner(server);
    await runner.access({ id: 'p', config: {} }, pdk);

    server.forget();
    await runner.access({ id: 'p', config: {} }, pdk);

    expect(server.handled).toEqual([0, 1]);
  });

  it('passes other failures on, and starts a new instance for the next request', async () => {
    const server = pluginServer();
    let isDown = true;
    const runner = createPluginRunner({
      ...server,
      startInstance: async (name, config) => {
        if (isDown) throw new Error('the plugin server closed the connection');
        return server.startInstance(name, config);
      },
    });

    await expect(runner.access({ id: 'p', config: {} }, pdk)).rejects.toThrow('closed the connection');
    isDown = false;
    await runner.access({ id: 'p', config: {} }, pdk);

    expect(server.handled).toEqual([0]);
  });
});
