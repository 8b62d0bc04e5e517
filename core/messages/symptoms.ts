import type { Cause } from './message';

/** What people see that has no code. */
export type Symptom = {
  readonly title: string;
  readonly causes: readonly [Cause, ...Cause[]];
  /** A page below docs/ with more about it. */
  readonly see?: string;
};

export const symptoms: readonly Symptom[] = [
  {
    title: 'Kong answers 404 for a domain',
    causes: [
      {
        cause: 'The domain has no route yet: no endpoint claims it, or the pass has not written it.',
        fix: 'Ask which endpoint claims it, and what the next pass does.',
        command: 'kong-privatelink explain sd2',
      },
      {
        cause:
          'The route has other paths than the request. A path matches whole segments: `/sd2` does not match `/sd22`.',
        fix: 'Ask for the path of the request.',
        command: 'kong-privatelink explain /sd2/orders',
      },
      {
        cause: 'The data plane has not taken the configuration: it does not know a plugin, or is not connected.',
        fix: 'Look at the line of the data planes, and at the log of Kong.',
        command: 'kong-privatelink doctor',
      },
      {
        cause: 'The provider answers 404. Kong strips `/sd2` from the path.',
        fix: 'Look at the header `Server` or `Via` of the answer. Set `kong:path` where the provider wants the whole path.',
      },
    ],
    see: 'explain.md#the-route-that-takes-a-request',
  },
  {
    title: 'Kong answers 503, or logs `failure to get a peer`',
    causes: [
      {
        cause: 'The upstream has no target: all endpoints of the domain are gone.',
        fix: 'Look at the endpoints of the domain and their states.',
        command: 'kong-privatelink explain sd2',
      },
      {
        cause: 'Health checks of Kong found all targets unhealthy.',
        fix: 'Call an address from a data plane. Check its security group and `healthcheck` of the domain.',
      },
      {
        cause: 'The plugin has `on_unresolved: reject`, and knows no target that is fresh enough.',
        fix: 'Read the lines of the plugin in the log of Kong, and look at what that node discovers.',
        command: 'kong-privatelink discover',
      },
      {
        cause: 'The domain is `via: resolver`, and Kong got no answer. Kong asks again after 30 seconds.',
        fix: 'Start the resolver before Kong, and give it a `stateDir`.',
      },
      {
        cause: 'A changed configuration answers, for example a plugin `request-termination`.',
        fix: 'Compare the time of the first 503 with the changes. Go back with `rollback` (stages.md).',
        command: 'kong-privatelink history',
      },
    ],
    see: 'resolver.md#when-something-is-wrong',
  },
  {
    title: 'Requests leave their zone',
    causes: [
      {
        cause: 'The data plane does not know its zone.',
        fix: 'Give the zone id to the plugin or to the resolver, and compare what a zone picks.',
        command: 'kong-privatelink explain sd2 --zone use1-az1',
      },
      {
        cause: 'The endpoint has no healthy address in the zone.',
        fix: 'Look at the findings of the networks, and add a subnet of the zone.',
        command: 'kong-privatelink discover',
      },
      {
        cause: 'The domain runs without the plugin, so that the balancer of Kong uses all targets alike.',
        fix: 'Set `affinity`, or use the plugin or the resolver on data planes.',
        command: 'kong-privatelink explain sd2',
      },
    ],
    see: 'explain.md#where-requests-go',
  },
  {
    title: 'A change does not arrive',
    causes: [
      {
        cause: 'The pass plans it and does not write it: the brake, policy, a conflict or a rollout.',
        fix: 'Read NEXT PASS and WHY.',
        command: 'kong-privatelink explain sd2',
      },
      {
        cause: 'The stage is pinned, or waits for another stage.',
        fix: 'Look at what each stage runs.',
        command: 'kong-privatelink history',
      },
      {
        cause: 'The worker cannot use its new configuration, and goes on with the former one.',
        fix: 'Search its log for `configuration not used, the old one stays`.',
        command: 'kong-privatelink doctor',
      },
      {
        cause: 'A data plane is behind.',
        fix: 'Look at the line of the data planes.',
        command: 'kong-privatelink doctor',
      },
    ],
    see: 'explain.md#what-the-next-pass-does',
  },
  {
    title: 'The log of the worker says `rollout warning`',
    causes: [
      {
        cause: 'The webhook of `notify` did not take an event.',
        fix: 'Correct `notify.url` or the service behind it. The rollout itself goes on.',
      },
      {
        cause: 'A stage should roll back and cannot: it ran no revision before, or the control plane refused.',
        fix: 'Read the reason in the line. Choose a revision, and go back to it with `rollback` (stages.md).',
        command: 'kong-privatelink history',
      },
      {
        cause: 'The result of a trial could not be saved. The trial is made again.',
        fix: 'Correct what the line says of `stateDir`.',
        command: 'kong-privatelink doctor',
      },
    ],
    see: 'rollouts.md',
  },
  {
    title: 'A new endpoint does not appear',
    causes: [
      {
        cause: 'The endpoint is in quarantine.',
        fix: 'Look at the endpoints in quarantine, each with its fix.',
        command: 'kong-privatelink discover',
      },
      {
        cause:
          'The endpoint has no tag with the exact key `kong:domain`: `kong:Domain` is another key. No command lists it.',
        fix: 'Look at its tags with `aws ec2 describe-vpc-endpoints`, and correct the key.',
      },
      {
        cause: 'No source names its account and region, or the scope is unknown.',
        fix: 'Look at the scopes.',
        command: 'kong-privatelink doctor',
      },
      {
        cause: 'The endpoint is `pendingAcceptance`: the provider has not accepted it.',
        fix: 'Ask the provider to accept it. The next pass writes it.',
        command: 'kong-privatelink explain sd2',
      },
      {
        cause: 'Its tags differ from the endpoint of the domain that is in use.',
        fix: 'Give all endpoints of the domain the same tags. See `disagreement`.',
        command: 'kong-privatelink discover',
      },
    ],
  },
  {
    title: 'An endpoint is gone, and its address stays in Kong',
    causes: [
      {
        cause: 'The address is the last one of its domain, and AWS does not confirm that the endpoint is gone.',
        fix: 'Read why it stays. Where the domain shall go, run `retire` with its name.',
        command: 'kong-privatelink explain sd2',
      },
      {
        cause: 'The product waits until several observations miss the endpoint, or a scope is unknown.',
        fix: 'Read `absence N of M`. Keep `stateDir` between runs.',
        command: 'kong-privatelink explain sd2',
      },
    ],
  },
  {
    title: '`/readyz` of the worker answers 503',
    causes: [
      {
        cause: 'The first pass has not ended, or could not read every scope.',
        fix: 'Ask `/readyz` with the token: its lines say what is wrong. Read the log too.',
        command: 'kong-privatelink doctor',
      },
    ],
    see: 'log.md#what-is-wrong-from-its-begin-to-its-end',
  },
  {
    title: '`/healthz` of the worker answers 503',
    causes: [
      {
        cause: 'A pass hangs, or the thread of the passes has no time.',
        fix: 'Restart the worker, and keep its log. See `KongPrivatelinkStuck`.',
      },
    ],
  },
  {
    title: 'The resolver answers SERVFAIL',
    causes: [
      {
        cause: 'The resolver knows nothing yet, or everything that it knows is too old.',
        fix: 'Read the log of the resolver: it says why discovery fails.',
        command: 'kong-privatelink discover',
      },
      {
        cause: 'The name is not of the suffix, and no resolver behind it answers.',
        fix: 'Look at `resolver.forward`, and ask the resolvers there by hand.',
      },
    ],
    see: 'resolver.md#when-something-is-wrong',
  },
  {
    title: 'Kong answers `name resolution failed`',
    causes: [
      {
        cause: 'Kong does not ask the resolver.',
        fix: 'Set `KONG_DNS_RESOLVER` of the data plane to the resolver, and restart Kong.',
      },
    ],
    see: 'resolver.md#when-something-is-wrong',
  },
  {
    title: 'Kong answers 403 to a caller',
    causes: [
      {
        cause: 'The contract does not allow the call, or the request carries no endpoint id.',
        fix: 'Look at the consumer of the endpoint. See `verdict refused`.',
        command: 'kong-privatelink contracts',
      },
    ],
    see: 'contracts.md#where-to-look-when-something-is-wrong',
  },
];
