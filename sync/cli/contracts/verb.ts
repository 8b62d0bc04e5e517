import { loadCallersConfig } from '#config/file';
import { PrivatelinkError } from '#core/errors';
import { printableData } from '#core/printable';
import { createAwsAccess } from '#discovery/aws/access';
import { openContracts } from '#discovery/contracts/open';
import { systemClock } from '#io/clock';
import { formatTable } from '#io/table';
import { type Terminal, withElapsed } from '#io/terminal';
import { type ContractsSeen, reportContracts, unknownParts } from '../../contracts/report';
import { formatContractFindings, formatUnknownParts } from '../../contracts/text';
import { isOfCredentials } from '../../pass/report';
import { formatWarnings } from '../../pass/report-text';
import { exitCodes, type Strictness } from '../exit-codes';
import type { Configured, Verb } from '../verb';

type ContractsView = ContractsSeen & { readonly warnings: readonly string[] };

/** Shows connections to the services of `contracts`, and findings about them. */
export const runContracts: Verb<Configured & Strictness> = async (options, signal) => {
  const { terminal, json, strict, config: path } = options;
  const config = loadCallersConfig({ path, env: terminal.env });
  const reader = openContracts(config, { aws: createAwsAccess(systemClock), isReadOnly: true });
  const { contracts } = config;
  if (!reader || !contracts) throw noContracts();
  const view = await withElapsed(terminal, 'reading connections', () => reader.read(signal));
  const seen = { ...reportContracts(view, contracts), warnings: view.warnings ?? [] };
  terminal.out(json ? `${JSON.stringify(seen)}\n` : formatView(seen, terminal));
  if (isBlind(seen)) return exitCodes.error;
  return strict && unknownParts(seen).length > 0 ? exitCodes.uncertain : exitCodes.done;
};

function noContracts(): PrivatelinkError {
  const fix =
    'begin with one service and one consumer: contracts: { services: [{ id: vpce-svc-…, region: … }], consumers: { sd1: { accounts: ["…"], calls: [sd2] } } }; aws ec2 describe-vpc-endpoint-service-configurations shows the id, and mode: observe, the default, refuses no request';
  return new PrivatelinkError('contracts: the configuration has no contracts', { code: 'CONFIG_INVALID', fix });
}

/** Whether AWS refuses every service, so that no connection is known. */
function isBlind({ services }: ContractsSeen): boolean {
  return services.every(({ parts }) => isOfCredentials(parts.connections ?? {}));
}

function formatView(given: ContractsView, terminal: Terminal): string {
  const seen = printableData(given);
  const { services, connections, warnings } = seen;
  const several = services.length > 1;
  const rows = connections.map(({ serviceId, consumer, account, endpointId, state, mayCall, mode, sinceMs }) => [
    ...(several ? [serviceId] : []),
    consumer ?? '-',
    account ?? '-',
    endpointId,
    state,
    mayCall.length > 0 ? mayCall.join(', ') : '-',
    mode ?? '-',
    sinceMs === undefined ? '-' : new Date(sinceMs).toISOString().slice(0, 10),
  ]);
  const head = [
    ...(several ? ['SERVICE'] : []),
    'CONSUMER',
    'ACCOUNT',
    'ENDPOINT',
    'STATE',
    'MAY CALL',
    'MODE',
    'SINCE',
  ];
  const table = rows.length > 0 ? formatTable(head, rows, terminal.columns) : nobody(seen);
  return (
    table +
    formatWarnings(warnings, terminal) +
    formatContractFindings(seen, terminal) +
    formatUnknownParts(seen, terminal)
  );
}

function nobody({ services }: ContractsSeen): string {
  const known = services.filter(({ parts }) => parts.connections?.status === 'known').map(({ id }) => id);
  return known.length > 0 ? `Nobody connects to ${known.join(', ')}\n` : '';
}
