import { called } from '../called';
import { configOption, type VerbEntry } from '../verb-entry';

export const contractsEntry: VerbEntry = {
  name: 'contracts',
  summary: 'Show who connects to the services of contracts, and what each may call',
  help: `
Reads AWS only. Needs no token of the control plane. Each line is one connection: its consumer, its
state, and the domains that its consumer may call (-: no contract). MODE is the configured mode for
other requests: observe logs them, enforce answers 403. A - under MODE means a provider's own
service, where Kong checks nothing. diff shows what Kong holds, and the names in calls without
endpoints.
Findings stand below the table, each with its fix. Where AWS cannot be read, contracts says so and
shows what was last known.
contracts changes nothing. diff shows what accept, reject and permissions of contracts would do, and
sync does it.
  ${called} contracts --json | jq '.connections[] | select(.mayCall == [])'`,
  exits: {
    done: 'done (unknown parts are warnings)',
    error: 'the configuration is invalid or has no contracts, or no service has usable credentials',
    uncertain: '--strict: a part of a service is unknown',
  },
  options: [configOption, ['--strict', 'Exit with 5 when a part of a service is unknown']],
  isPrinted: () => true,
  load: async () => (await import('./verb')).runContracts,
};
