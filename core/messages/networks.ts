import type { Message } from './message';

/** What is wrong with networks around endpoints; it changes nothing about routing. */
export const findingMessages = {
  'zone-not-served': {
    text: 'The provider does not serve a zone in which the gateway or the endpoint is.',
    causes: [
      {
        cause: 'The network load balancer of the provider is not enabled in the zone.',
        fix: 'Ask the provider to enable the zone, then add the subnets to the endpoint.',
        command: 'kong-privatelink discover',
      },
      {
        cause: 'The endpoint still has an interface in a zone that the provider left.',
        fix: 'Take the subnets of this zone off the endpoint.',
      },
    ],
  },
  'zone-without-interface': {
    text: 'The endpoint has no interface in a zone that both sides serve. Data planes there call another zone.',
    causes: [
      {
        cause: 'The endpoint was made without a subnet of this zone.',
        fix: 'Add a subnet of the zone to the endpoint.',
        command: 'kong-privatelink discover',
      },
    ],
  },
  'peering-not-active': {
    text: 'A peering connection of the VPC is not active. No packet passes it.',
    causes: [
      {
        cause: 'The other side has not accepted the peering, or has deleted it.',
        fix: 'Accept the peering, or delete it with its routes.',
        command: 'kong-privatelink discover',
      },
    ],
  },
  'overlapping-ranges': {
    text: 'Two peered VPCs have overlapping address ranges. No route can lead from one to the other.',
    causes: [
      {
        cause: 'Both VPCs were made with the same range.',
        fix: 'Connect them with PrivateLink, or move one to another range. Until then leave it out of `allow.vpcs`.',
      },
    ],
  },
} as const satisfies Readonly<Record<string, Message>>;
