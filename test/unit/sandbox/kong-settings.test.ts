import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { type KongSettings, killScript, kongVariables, ownInstallation } from '#sandbox/kong-settings';

const settings: KongSettings = {
  program: 'kong-privatelink-pluginserver',
  prefix: '/tmp/a b/kong',
  socketName: 'privatelink-8000-1.sock',
  ports: { proxy: 8000, admin: 8001 },
  configPath: '/tmp/a b/kong-privatelink.yaml',
  zoneId: 'use1-az1',
  installation: ownInstallation,
};

describe('kongVariables', () => {
  it('gives Kong and the plugin server one socket, and passes credentials through nginx', () => {
    const variables = kongVariables(settings);

    expect(variables).toMatchObject({
      KONG_PLUGINSERVER_JS_SOCKET: '/tmp/a b/kong/privatelink-8000-1.sock',
      KONG_PROXY_LISTEN: '127.0.0.1:8000',
      KONG_NGINX_MAIN_ENV: 'AWS_SHARED_CREDENTIALS_FILE',
    });
    expect(variables.KONG_PLUGINSERVER_JS_START_CMD).toContain(
      "--kong-prefix '/tmp/a b/kong' --sock-name privatelink-8000-1.sock",
    );
  });

  it('enables all plugins, and a port for a load balancer with PROXY protocol', () => {
    expect(kongVariables({ ...settings, ports: { ...settings.ports, proxied: 8002 } })).toMatchObject({
      KONG_PLUGINS: 'bundled,privatelink,privatelink-zone,privatelink-callers',
      KONG_PROXY_LISTEN: '127.0.0.1:8000, 127.0.0.1:8002 proxy_protocol',
    });
  });

  it.each([
    ['kong-privatelink-pluginserver', "--config '/tmp/a b/kong-privatelink.yaml' --zone-id use1-az1"],
    [
      'kong-js-pluginserver',
      "'KONG_PRIVATELINK_CONFIG=/tmp/a b/kong-privatelink.yaml' KONG_PRIVATELINK_ZONE_ID=use1-az1",
    ],
  ] as const)('passes the file and the zone to %s in its own way', (program, words) => {
    expect(kongVariables({ ...settings, program }).KONG_PLUGINSERVER_JS_START_CMD).toContain(words);
  });

  it('names the paths of the image when Kong runs in a container', () => {
    const installation = { root: '/opt/kong-privatelink', node: 'node' };

    const command = kongVariables({ ...settings, installation }).KONG_PLUGINSERVER_JS_START_CMD;

    expect(command).toContain(
      'node /opt/kong-privatelink/dist/plugin/server/main.js -d /opt/kong-privatelink/dist/plugin/entries',
    );
    expect(command).not.toContain(ownInstallation.root);
  });
});

describe('killScript', () => {
  it('finds nothing, not even itself, where no plugin server has the socket', () => {
    expect(
      execFileSync('sh', ['-c', killScript('kong-privatelink-pluginserver', 'privatelink-0-0.sock')], {
        encoding: 'utf8',
      }),
    ).toBe('');
  });
});
