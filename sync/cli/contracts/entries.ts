import { called } from '../called';
import { configOption, type VerbEntry } from '../verb-entry';

export const contractsEntry: VerbEntry = {
  name: 'contracts',
  summary: 'show who connects to the endpoint services of contracts, and what each may call',
  help: `
Reads AWS only, and needs no token of the control plane. A line for each connection: whose it is, its state, which domains its consumer
may call (-: it is not contracted), and the MODE that the configuration gives its other requests: observe logs them, enforce answers 403
(-: a provider's own service, where Kong checks nothing). diff says what Kong holds, and which domains nobody has.
Findings stand below, each with its fix. What cannot be read is said, and what was known of it last is shown.
It does nothing about them: diff shows, and sync does, what accept, reject and permissions of contracts allow.
  ${called} contracts --json | jq '.connections[] | select(.mayCall == [])'`,
  exits: {
    done: 'done (what is unknown is a warning)',
    error: 'configuration, also one without contracts, or no service has usable credentials',
    uncertain: '--strict, and something of a service is unknown',
  },
  options: [configOption, ['--strict', 'end with 5 where something of a service is unknown']],
  isPrinted: () => true,
  load: async () => (await import('./verb')).runContracts,
};
