import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { callersPluginName } from '#core/names';
import { ownInstallation } from '../../kong-settings';
import { createLuaCallers } from './lua';
import { type CallersRunner, plainCallers } from './runner';

/** The product's own file, as a data plane gets it. */
export const callersHandlerPath = join(
  ownInstallation.root,
  'plugin/lua/kong/plugins',
  callersPluginName,
  'handler.lua',
);

/**
 * Runs the product's Lua file where `luajit` is on PATH, else the judge in TypeScript. Starts
 * nothing before the first request.
 */
export function openCallers(): CallersRunner {
  let opened: Promise<CallersRunner> | undefined;
  const open = async () => ((await hasLuajit()) ? createLuaCallers({ handlerPath: callersHandlerPath }) : plainCallers);
  return {
    judge: async (plugin, request) => {
      opened ??= open();
      return (await opened).judge(plugin, request);
    },
    close: async () => void (await (await opened)?.close()),
  };
}

/** Whether `luajit` is on PATH. */
export function hasLuajit(): Promise<boolean> {
  return promisify(execFile)('luajit', ['-v']).then(
    () => true,
    () => false,
  );
}
