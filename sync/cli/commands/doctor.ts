import { formatRows } from '#io/table';
import { type Colour, paint, type Terminal, withElapsed } from '#io/terminal';
import { type CheckResult, examine } from '../../doctor/examine';
import { exitCodes } from '../exit-codes';
import type { Configured, Verb } from '../verb';
import { pluginSchemas } from './schema';

type DoctorOptions = Configured & {
  /** Name of the only stage to use. */
  readonly stage?: string;
};

/** Checks everything that a pass needs, one line each, with fixes. Writes nothing. */
export const runDoctor: Verb<DoctorOptions> = async (options, signal) => {
  const { terminal } = options;
  const checks = await withElapsed(terminal, 'checking', () => examine(options, pluginSchemas(), signal));
  terminal.out(options.json ? `${JSON.stringify({ checks })}\n` : formatChecks(checks, terminal));
  return checks.some((one) => one.result === 'failed') ? exitCodes.error : exitCodes.done;
};

const colours: Readonly<Record<CheckResult['result'], Colour>> = { ok: 'green', warning: 'yellow', failed: 'red' };

/** Formats one line for each check, for people. */
export function formatChecks(checks: readonly CheckResult[], terminal: Terminal): string {
  const rows = checks.map(({ check, result, detail }) => [check, result, detail]);
  const [head = '', ...more] = formatRows(['CHECK', 'RESULT', 'DETAIL'], rows, terminal.columns);
  const painted = checks.map(({ result }, index) => paint(terminal, colours[result], more[index] ?? ''));
  return [paint(terminal, 'dim', head), ...painted].map((row) => `${row}\n`).join('');
}
