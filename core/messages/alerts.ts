import type { Message } from './message';

/** What each alert of deploy/alerts.yaml tells. The runbook of an alert says more. */
export const alertMessages = {
  KongPrivatelinkDown: {
    text: 'Prometheus does not reach a worker. Requests go on, and routes stay as they are.',
    causes: [
      { cause: 'The worker does not run.', fix: 'Start it, and read the end of its log.' },
      { cause: 'Prometheus does not reach `watch.listen`.', fix: 'Look at the page of targets in Prometheus.' },
    ],
  },
  KongPrivatelinkStuck: {
    text: 'The process of the worker answers, and its passes do not go on.',
    causes: [{ cause: 'A pass hangs. This is a defect.', fix: 'Restart the worker, and keep its log for a report.' }],
  },
  KongPrivatelinkNoSuccess: {
    text: 'For a while no pass has read every scope and written everything that was planned.',
    causes: [
      {
        cause: 'The alert names what the last pass fell short by.',
        fix: 'Look up that reason under Shortfalls of a pass.',
        command: 'kong-privatelink doctor',
      },
    ],
  },
  KongPrivatelinkScopesUnknown: {
    text: 'The worker cannot read some accounts or regions. Targets stay as they were.',
    causes: [
      {
        cause: 'The alert names the codes.',
        fix: 'Look up the code. The log says `scope unknown` with the fix.',
        command: 'kong-privatelink doctor',
      },
    ],
  },
  KongPrivatelinkAnswersOld: {
    text: 'What the worker knows of a scope is older than an hour.',
    causes: [
      {
        cause: 'A scope is unknown.',
        fix: 'See `scope unknown`.',
        command: 'kong-privatelink doctor',
      },
      {
        cause: 'Nobody writes the snapshot of a source again.',
        fix: 'Look at the worker, or at the job with `discover --out`, that writes it.',
      },
    ],
  },
  KongPrivatelinkPlanRefused: {
    text: 'Policy refuses the plan of the worker, or withholds removals.',
    causes: [
      {
        cause: 'The reason is `brake`: many addresses would leave.',
        fix: 'See `removals withheld`.',
        command: 'kong-privatelink diff',
      },
      { cause: 'The reason is `limit`.', fix: 'See `plan refused`.', command: 'kong-privatelink diff' },
    ],
  },
  KongPrivatelinkFlapping: {
    text: 'The worker writes the same entities again and again.',
    causes: [
      {
        cause: 'A second writer of this `owner` has another configuration.',
        fix: 'Find the other worker, pipeline or laptop, and stop it.',
      },
      { cause: 'Two tools set the tags of an endpoint.', fix: 'Let one tool set them.' },
    ],
  },
  KongPrivatelinkNotWritten: {
    text: 'The worker cannot write everything that it plans.',
    causes: [
      {
        cause: 'The control plane refuses entities, or their names are taken.',
        fix: 'See `change failed` in the log.',
        command: 'kong-privatelink diff',
      },
    ],
  },
  KongPrivatelinkNotPublished: {
    text: 'Services of Cloud Map are not up to date. Routing through Kong is not affected.',
    causes: [{ cause: 'A service cannot be read or written.', fix: 'See `not published` in the log.' }],
  },
  KongPrivatelinkQuarantined: {
    text: 'Endpoints have been in quarantine for an hour.',
    causes: [
      {
        cause: 'The alert names the codes.',
        fix: 'Look up the code. The owners of the endpoints have to change something.',
        command: 'kong-privatelink discover',
      },
    ],
  },
  KongPrivatelinkRolloutHalted: {
    text: 'The trial of a stage did not pass, or policy refuses its plan. Later stages stay as they are.',
    causes: [
      {
        cause: 'A gate failed or could not measure.',
        fix: 'Correct the configuration, or repair what the gate asks and run `rollout retry`.',
        command: 'kong-privatelink rollout status',
      },
    ],
  },
  KongPrivatelinkRolloutWaits: {
    text: 'The rollout has waited a day for an approval.',
    causes: [
      {
        cause: 'A person has to approve the next step.',
        fix: 'Run `rollout approve` with the stage, or correct the configuration.',
        command: 'kong-privatelink rollout status',
      },
    ],
  },
  KongPrivatelinkConfigNotUsed: {
    text: 'The worker cannot use its configuration as it is now, and goes on with the former one.',
    causes: [
      {
        cause: 'A file has a mistake.',
        fix: 'Correct it before anything restarts the worker.',
        command: 'kong-privatelink doctor',
      },
    ],
  },
  KongPrivatelinkOutputLost: {
    text: 'The worker loses lines of its log, or reports. Passes go on.',
    causes: [
      {
        cause: 'The disk is full, or the reader of standard output does not read.',
        fix: 'Repair the disk or the reader.',
      },
    ],
  },
  KongPrivatelinkPluginStale: {
    text: 'What the plugin on a data plane knows is older than half an hour.',
    causes: [
      {
        cause: 'The plugin cannot read AWS, or its snapshot.',
        fix: 'Read its lines in the log of Kong. Correct the credentials, or the worker with the snapshot.',
      },
    ],
  },
  KongPrivatelinkPluginUnresolved: {
    text: 'The plugin on a data plane finds no target for requests of a domain.',
    causes: [
      {
        cause: 'The domain has no endpoint there, or what is known is too old.',
        fix: 'Compare what that node discovers.',
        command: 'kong-privatelink discover',
      },
    ],
  },
  KongPrivatelinkResolverStale: {
    text: 'What a resolver knows is older than half an hour.',
    causes: [{ cause: 'The resolver cannot read AWS, or its snapshot.', fix: 'Read its log, and correct that.' }],
  },
  KongPrivatelinkResolverEmpty: {
    text: 'All that a resolver knows of a domain is too old. Kong gets SERVFAIL for it.',
    causes: [
      {
        cause: 'Discovery has failed for longer than `resolver.maxStaleSeconds`.',
        fix: 'Repair discovery within `dns_stale_ttl` of Kong, an hour by default.',
      },
    ],
  },
} as const satisfies Readonly<Record<string, Message>>;
