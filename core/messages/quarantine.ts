import { type Message, ofStrict } from './message';

/** Why an endpoint is kept out of routing. */
export const quarantineMessages = {
  'bad-tag': {
    text: 'A tag of the endpoint has a value that cannot be used. Targets that Kong already has stay.',
    causes: [
      {
        cause: 'A tag such as `kong:domain`, `kong:port` or `kong:path` is misspelled or empty.',
        fix: 'Correct the tag. `discover` names the tag and the allowed form.',
        command: 'kong-privatelink discover',
      },
    ],
    exit: ofStrict,
  },
  'missing-field': {
    text: 'AWS, DNS or a snapshot did not tell something that routing needs, such as an address.',
    causes: [
      {
        cause: 'The endpoint is new, and AWS has not listed all of it yet.',
        fix: 'Wait for the next pass.',
        command: 'kong-privatelink discover',
      },
      {
        cause: 'A snapshot holds an item that this version cannot read.',
        fix: 'Correct it where the snapshot is written, or use one version on both sides.',
      },
    ],
    exit: ofStrict,
  },
  'type-not-routed': {
    text: 'The endpoint is of a type that has no address of its own for one provider.',
    causes: [
      {
        cause: 'The tag is on a gateway endpoint, or on a resource endpoint for several resources.',
        fix: 'Take the tag off, and tag an interface endpoint, or one endpoint for each resource.',
      },
    ],
    exit: ofStrict,
  },
  'resource-inaccessible': {
    text: 'AWS says that the resource behind a resource endpoint cannot be reached.',
    causes: [
      {
        cause: 'The resource configuration is not available, or is not shared any more.',
        fix: 'Ask the owner to make it available, to share it, and to keep its resource gateway active.',
      },
    ],
    exit: ofStrict,
  },
  'domain-not-allowed': {
    text: 'The endpoint claims a domain that its source may not claim.',
    causes: [
      {
        cause: '`allow.domains` of the source does not list the domain.',
        fix: 'Add the domain to `allow.domains`, or correct `kong:domain`.',
        command: 'kong-privatelink discover',
      },
    ],
    exit: ofStrict,
  },
  'service-not-allowed': {
    text: 'The endpoint leads to an endpoint service that its source may not use.',
    causes: [
      {
        cause: '`allow.serviceNames` of the source does not list the service.',
        fix: 'Add the service to `allow.serviceNames`, or take the tag off the endpoint.',
      },
    ],
    exit: ofStrict,
  },
  'vpc-not-allowed': {
    text: 'The endpoint is in a VPC that its source may not use.',
    causes: [
      {
        cause: '`allow.vpcs` of the source does not list the VPC.',
        fix: 'Add the VPC where data planes reach it, or make the endpoint in another VPC.',
      },
    ],
    exit: ofStrict,
  },
  'path-not-allowed': {
    text: 'The endpoint claims a path that its source may not claim.',
    causes: [
      {
        cause: '`allow.paths` of the source does not list the path of `kong:path`.',
        fix: 'Add the path to `allow.paths`, or choose another `kong:path`.',
      },
    ],
    exit: ofStrict,
  },
  'address-not-allowed': {
    text: 'An address of the endpoint must not become a target.',
    causes: [
      {
        cause: 'The address is public, loopback, link-local or of the metadata service.',
        fix: 'Correct the record or tag with this address. For an address that you mean, set `allow.addresses`.',
      },
      {
        cause: 'The endpoint has IPv6 addresses alone, and `allow.addressFamilies` does not list them.',
        fix: 'Make the endpoint dual stack, or add `ipv6` where every data plane reaches IPv6.',
      },
    ],
    exit: ofStrict,
  },
  'path-conflict': {
    text: 'Another domain or a route of people already has the path. The first owner keeps it.',
    causes: [
      {
        cause: 'Two endpoints of different domains claim one path.',
        fix: 'Choose another `kong:path` for one of the two.',
        command: 'kong-privatelink explain sd2',
      },
      {
        cause: 'A base file has a route with this path.',
        fix: 'Change the route in the base file, or choose another `kong:path`.',
      },
    ],
    exit: ofStrict,
  },
  disagreement: {
    text: 'Two endpoints of one domain have different tags. The endpoint in use stays, the other one waits.',
    causes: [
      {
        cause: 'Protocol, port, host or path differ between endpoints of the domain.',
        fix: 'Give all endpoints of the domain the same tags.',
        command: 'kong-privatelink discover',
      },
    ],
    exit: ofStrict,
  },
  'base-conflict': {
    text: 'A base file already has an entity with the name that the domain would get.',
    causes: [
      {
        cause: 'People wrote a service, a route or an upstream of this name.',
        fix: 'Rename the entity in the base file, or the domain.',
      },
      {
        cause: 'The entity is the one that the domain shall use.',
        fix: 'Remove it from the base file first, because decK would write it back. Then take it over with `adopt`.',
        command: 'kong-privatelink adopt',
      },
    ],
    exit: ofStrict,
  },
  'other-gateway': {
    text: 'The tag `kong:gateway` of the endpoint names another owner. This is no mistake.',
    causes: [
      { cause: 'The endpoint is for another gateway in the same account.', fix: 'Nothing has to be done.' },
      {
        cause: 'The endpoint is meant for this gateway.',
        fix: 'Set `kong:gateway` to the `owner` of this configuration, or take the tag off.',
      },
    ],
  },
} as const satisfies Readonly<Record<string, Message>>;
