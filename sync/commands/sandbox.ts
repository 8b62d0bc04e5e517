import type { Command } from './command';

export const runSandbox: Command = async () => 0;
