import { dispositionOf } from '../../core/endpoint-states';
import { messageOf, PrivatelinkError } from '../../core/errors';
import type { Snapshot } from '../../core/model';
import { renderText } from '../../deck/text';
import { formatReport } from '../output/report-text';
import { exitCodes, hasNoCredentials, type Report } from '../report';
import { type PassDependencies, type Planned, planOnce } from '../run-once';
import { openSession } from '../session';
import { writeIfChanged } from '../write-file';
import type { Command, CommandOptions } from './command';

/** Writes the decK file of what the control plane should hold, for `deck gateway sync` in CI; people read the report on standard error. */
export const runRender: Command = async (options, signal) => {
  const session = openSession(options);
  const planned = await planWithOrWithout(session, signal);
  if (planned.report.refused || hasNoCredentials(planned.report)) {
    print(planned.report, options);
    return planned.report.refused ? exitCodes.refused : exitCodes.error;
  }
  const { warning } = await session.absenceStore.write(planned.plan.absences);
  const { controlPlane, owner } = session.config;
  const text = renderText(planned.outcome, {
    owner,
    controlPlaneName: controlPlane.type === 'konnect' ? controlPlane.name : undefined,
  });
  if (options.output) await writeIfChanged(options.output, text);
  else if (!options.json) options.terminal.out(text);
  print(
    { ...planned.report, warnings: warning ? [...planned.report.warnings, warning] : planned.report.warnings },
    options,
    text,
  );
  return exitCodes.done;
};

function print(report: Report, { terminal, json, output }: CommandOptions, text?: string): void {
  if (json) terminal.out(`${JSON.stringify({ ...report, output, text: output ? undefined : text })}\n`);
  else terminal.err(formatReport({ ...report, changes: [] }, terminal));
}

/** Plans; against an empty control plane when the real one cannot be read just now, and only where discovery alone is safe. */
async function planWithOrWithout(session: PassDependencies, signal: AbortSignal): Promise<Planned> {
  let unreadable: string | undefined;
  const read = async (readSignal: AbortSignal) => {
    try {
      return await session.controlPlane.read(readSignal);
    } catch (thrown) {
      if (!(thrown instanceof PrivatelinkError && thrown.transient)) throw thrown;
      unreadable = messageOf(thrown);
      return [];
    }
  };
  const planned = await planOnce({ ...session, controlPlane: { ...session.controlPlane, read } }, signal);
  if (!unreadable) return planned;
  const reason = `the control plane cannot be read (${unreadable})`;
  const doubt = doubtOf(planned);
  if (doubt) {
    const refused = `${reason} and ${doubt}: a file written now would remove targets; try again when the control plane answers`;
    return { ...planned, report: { ...planned.report, refused } };
  }
  return {
    ...planned,
    report: {
      ...planned.report,
      warnings: [...planned.report.warnings, `${reason}: the file is from discovery alone`],
    },
  };
}

/** Why discovery alone does not say what the control plane should hold. */
function doubtOf({ snapshot, outcome }: Planned): string | undefined {
  if (snapshot.scopes.some((state) => state.status === 'unknown')) return 'a scope is unknown';
  if (holdsAnything(snapshot)) return 'an endpoint is in a state that holds what is there';
  return outcome.some((entity) => entity.kind === 'target') ? undefined : 'discovery found nothing';
}

function holdsAnything(snapshot: Snapshot): boolean {
  return snapshot.scopes.some(
    (state) =>
      state.status === 'known' && state.discovered.endpoints.some((one) => dispositionOf(one.state) === 'hold'),
  );
}
