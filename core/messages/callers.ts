import type { Message } from './message';

const see = 'contracts.md#where-to-look-when-something-is-wrong';

/**
 * What the plugin privatelink-callers says of a request: `privatelink.verdict` in the logs of Kong.
 */
export const verdictMessages = {
  allowed: {
    text: 'The contract allows the request.',
    causes: [{ cause: 'The endpoint is of a consumer that may call the domain.', fix: 'Nothing has to be done.' }],
    see,
  },
  observed: {
    text: 'The contract does not allow the request. Kong let it through, because the mode is `observe`.',
    causes: [
      {
        cause: 'The endpoint has no consumer, or its consumer may not call the domain.',
        fix: 'Add the domain to `calls` where the request is right. `mode: enforce` refuses it otherwise.',
        command: 'kong-privatelink contracts',
      },
      {
        cause: 'A header `Connection` of the request names an identity header, so that Kong would remove it.',
        fix: 'Have the client leave `Connection: X-Privatelink-…` out.',
      },
    ],
    see,
  },
  missing: {
    text: 'The connection carries no id of a VPC endpoint. `onMissing: allow` let the request through.',
    causes: [
      {
        cause: 'The request reached a port without PROXY protocol, or the load balancer does not send it.',
        fix: 'Switch PROXY protocol v2 on at the target group, and give Kong a port with `proxy_protocol`.',
      },
    ],
    see: 'contracts.md#what-the-endpoint-id-proves-and-to-whom',
  },
  refused: {
    text: 'Kong answered 403: the contract does not allow the request, or the table of the domain is damaged.',
    causes: [
      {
        cause: 'The endpoint may not call this service.',
        fix: 'Add the domain to `calls` of its consumer, then run `sync`.',
        command: 'kong-privatelink contracts',
      },
      {
        cause: 'The connection names no VPC endpoint, and `onMissing` is `reject`.',
        fix: 'Look at PROXY protocol v2 on both sides.',
      },
      {
        cause: 'The gateway cannot tell who may call: the table is damaged, or the plugin failed.',
        fix: 'Read the error log of Kong, and write the table again with `sync`.',
        command: 'kong-privatelink diff',
      },
      {
        cause: 'A header `Connection` of the request names an identity header, so that Kong would remove it.',
        fix: 'Have the client leave `Connection: X-Privatelink-…` out.',
      },
    ],
    see,
  },
} as const satisfies Readonly<Record<string, Message>>;
