import type { Message } from './message';

const see = 'contracts.md#where-to-look-when-something-is-wrong';

/** What differs between `contracts` and the endpoint services. */
export const contractMessages = {
  'pending-contracted': {
    text: 'An endpoint of a consumer waits to be accepted, and the contract lets it call something.',
    causes: [
      {
        cause: 'Nobody has accepted the connection, and `contracts.accept` is `manual`.',
        fix: 'Accept the connection, or set `contracts.accept: contracted`.',
        command: 'kong-privatelink contracts',
      },
    ],
    see,
  },
  'accepted-uncontracted': {
    text: 'An endpoint is connected, and the contract does not let it call anything behind the service.',
    causes: [
      {
        cause: 'No consumer names the account, or the consumer may call nothing behind this service.',
        fix: 'Name the account in `contracts.consumers` with its `calls`, or reject the connection.',
        command: 'kong-privatelink contracts',
      },
    ],
    see,
  },
  'connection-unreadable': {
    text: 'AWS describes a connection in a form that cannot be read. The connection stays as it was last known.',
    causes: [
      {
        cause: 'AWS left out a field, or added a form that this version does not know.',
        fix: 'Wait for the next pass. If it stays, describe the connection with the command line of AWS.',
        command: 'aws ec2 describe-vpc-endpoint-connections',
      },
    ],
    see,
  },
  'principal-unused': {
    text: 'An allowed principal has no endpoint here, and no consumer is of its account.',
    causes: [
      {
        cause: 'A consumer left, and its permission stayed.',
        fix: 'Remove the principal from the service, or name it in `contracts.consumers`.',
        command: 'kong-privatelink contracts',
      },
    ],
    see,
  },
  'anyone-allowed': {
    text: 'The allowed principals of the service contain `*`. Every AWS account may ask to connect.',
    causes: [
      {
        cause: 'Somebody allowed everybody, for instance for a test.',
        fix: 'Set `contracts.permissions: manage`, or change the principals by hand. Require acceptance.',
        command: 'kong-privatelink contracts',
      },
    ],
    see,
  },
  'contract-unconnected': {
    text: 'A consumer may call domains, and has no endpoint at the service.',
    causes: [
      {
        cause: 'The consumer has not made its endpoint yet, or has deleted it.',
        fix: 'Let the consumer create an interface endpoint, or take it out of `contracts.consumers`.',
        command: 'kong-privatelink contracts',
      },
    ],
    see,
  },
  'zones-apart': {
    text: 'An endpoint has interfaces in zones that the service does not serve. These addresses may not answer.',
    causes: [
      {
        cause: 'The network load balancer of the service is not enabled in these zones.',
        fix: 'Enable the zones on the load balancer, or take the subnets off the endpoint.',
        command: 'kong-privatelink contracts',
      },
    ],
    see,
  },
  'targets-unhealthy': {
    text: 'Targets behind the load balancer of the service fail its health checks.',
    causes: [
      {
        cause: 'The program behind the load balancer is down, or its health check asks the wrong port or path.',
        fix: 'Look at the target groups (`aws elbv2 describe-target-health`) and at the program.',
      },
    ],
    see,
  },
} as const satisfies Readonly<Record<string, Message>>;
