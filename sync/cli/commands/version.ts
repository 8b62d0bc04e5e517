import { version } from '../../pass/version';
import { exitCodes } from '../exit-codes';
import type { Shown, Verb } from '../verb';

/** Prints the version. */
export const runVersion: Verb<Shown> = async ({ terminal, json }) => {
  terminal.out(`${json ? JSON.stringify({ version }) : version}\n`);
  return exitCodes.done;
};
