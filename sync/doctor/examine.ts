import { configPath } from '#config/file';
import type { StagedConfig } from '#config/stages';
import { formatFileProblem, messageLineOf, PrivatelinkError } from '#core/errors';
import { withinDeadline } from '#io/signals';
import type { PluginSchema } from '../control-planes/backend';
import { type Diagnosis, failed, ok, warning } from '../control-planes/diagnosis';
import { openConfig, type SessionOptions } from '../pass/session';
import { oldestNode } from '../pass/version';
import type { StagesOptions } from '../rollout/open-stages';
import { askedFor, onlyStage, resolveStages } from '../rollout/stages';
import type { Check } from './check';
import { checksOf } from './checks';
import { type Context, checkTimeoutMs, lateFix, openContexts } from './context';

export type CheckResult = { readonly check: string } & Pick<Diagnosis, 'result' | 'detail'>;

/**
 * Runs all checks in order. Most checks need a valid configuration. Writes nothing. Rejects only
 * with the signal's reason.
 */
export async function examine(
  options: StagesOptions,
  schemas: readonly PluginSchema[],
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const { staged, answers } = readConfig(options);
  const node = resultOf('Node.js', checkNode(process.versions.node));
  const first = [node, ...answers.map((answer) => resultOf('configuration', answer))];
  if (!staged) return first;
  const { configs, listed, answers: more } = await readStages(staged, options, signal);
  const contexts = openContexts({ configs, options, schemas, listed }, signal);
  const results = await Promise.all(
    contexts.map((context, index) => runChecks(checksOf(context.config, index === 0), context, signal)),
  );
  return [...first, ...more.map((answer) => resultOf('control planes', answer)), ...results.flat()];
}

function readConfig(options: SessionOptions): {
  readonly staged?: StagedConfig;
  readonly answers: readonly Diagnosis[];
} {
  try {
    const staged = openConfig(options);
    const file = configPath({ path: options.config, env: options.terminal.env });
    return { staged, answers: [ok(`${file}: owner ${staged.owner}, sources: ${staged.sources.length}`)] };
  } catch (thrown) {
    return { answers: mistakesIn(thrown).map(failed) };
  }
}

/** Lists the stages, and reports them where there are or may be several. */
async function readStages(staged: StagedConfig, { stage }: StagesOptions, signal: AbortSignal) {
  try {
    const { configs, listed, unlisted } = await withinDeadline((own) => resolveStages(askedFor(staged, stage), own), {
      signal,
      timeoutMs: checkTimeoutMs,
      asked: 'the control planes with these labels',
      fix: lateFix,
    });
    if (stage !== undefined) return { configs: [onlyStage(configs, stage, unlisted)], listed, answers: [] };
    const names = configs.flatMap((one) => one.stage ?? []);
    const named = names.length > 0 ? [ok(`stages: ${names.join(', ')}`)] : [];
    return { configs, listed, answers: [...named, ...unlisted.map(({ thrown }) => failed(messageLineOf(thrown)))] };
  } catch (thrown) {
    signal.throwIfAborted();
    return { configs: [], listed: [], answers: [failed(messageLineOf(thrown))] };
  }
}

/** Returns one line for each problem, because together they would fill one cell of the table. */
function mistakesIn(thrown: unknown): readonly string[] {
  const problems = thrown instanceof PrivatelinkError ? thrown.problems : [];
  return problems.length > 0 ? problems.map(formatFileProblem) : [messageLineOf(thrown)];
}

function resultOf(check: string, { about, result, detail }: Diagnosis): CheckResult {
  return { check: about === undefined ? check : `${check} ${about}`, result, detail };
}

/** Whether the package supports this Node.js. */
export function checkNode(version: string): Diagnosis {
  const isOld = version.localeCompare(oldestNode, undefined, { numeric: true }) < 0;
  return isOld ? failed(`${version}: install ${oldestNode} or newer`) : ok(version);
}

/**
 * Runs checks in parallel after their shared work has settled, each with its own time limit.
 * Rejects only with the signal's reason.
 */
export async function runChecks(
  checks: readonly Check[],
  context: Context,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  await Promise.allSettled([context.session, context.snapshot, context.held]);
  const settled = await Promise.allSettled(
    checks.map(({ name, run }) =>
      withinDeadline((own) => run(context, own), {
        signal,
        timeoutMs: checkTimeoutMs,
        asked: `check ${name}`,
        fix: lateFix,
      }),
    ),
  );
  signal.throwIfAborted();
  const told = new Map<unknown, string>();
  return checks.flatMap((check, index) => {
    const outcome = settled[index];
    if (outcome?.status === 'fulfilled') return outcome.value.map((one) => resultOf(check.name, one));
    return [resultOf(check.name, answerOf(outcome?.reason, check, told))];
  });
}

/** Reports each cause once, at the first check that it stops. */
function answerOf(thrown: unknown, { name, isAdvisory }: Check, told: Map<unknown, string>): Diagnosis {
  const teller = told.get(thrown);
  if (teller !== undefined) return warning(`not checked: see ${teller}`);
  told.set(thrown, name);
  return isAdvisory ? warning(messageLineOf(thrown)) : failed(messageLineOf(thrown));
}
