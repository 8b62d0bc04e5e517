import { type NightStage, planeName } from './night-stage';

/** Minutes since 22:00, when the night begins. */
export function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return ((hours + 2) % 24) * 60 + minutes;
}

/** The worker ends and starts again. */
export const restart = '00:20';
export const morning = '07:00';

/** Something that goes wrong, from one time of the night to another, and how the log tells it. */
export type Trouble = {
  readonly what: string;
  /** Hours and minutes. */
  readonly from: string;
  readonly to: string;
  /** Returns a function that ends the trouble. */
  readonly strike: (stage: NightStage) => () => void;
  /** Messages of its begin and its end; each is said once, with `about` among its fields. */
  readonly begins: string;
  readonly ends: string;
  readonly about?: string;
};

/** All troubles of a night from 22:00 on, one after the other. */
export const troubles: readonly Trouble[] = [
  {
    what: 'the role may not read us-west-2',
    from: '22:10',
    to: '00:40',
    strike: ({ aws }) => aws.inject({ kind: 'denied', region: 'us-west-2' }),
    begins: 'scope unknown',
    ends: 'scope known again',
    about: 'hub.self.us-west-2',
  },
  {
    what: 'AWS throttles us-east-1',
    from: '22:30',
    to: '22:34',
    strike: ({ aws }) => aws.inject({ kind: 'throttle', region: 'us-east-1', action: 'DescribeVpcEndpoints' }),
    begins: 'scope unknown',
    ends: 'scope known again',
    about: 'hub.self.us-east-1',
  },
  {
    what: 'somebody tags an endpoint with a text that moves the cursor of a terminal',
    from: '22:50',
    to: '00:55',
    strike: ({ world, addEndpoint }) => {
      const id = addEndpoint({ 'kong:domain': 'sd5', 'kong:port': '\u001b[2Jeighty' });
      return () => world.setTags(id, { 'kong:domain': 'sd5', 'kong:port': '8080' });
    },
    begins: 'endpoint quarantined',
    ends: 'endpoint no longer quarantined',
    about: 'sd5',
  },
  {
    what: "Konnect's token is revoked",
    from: '01:00',
    to: '01:30',
    strike: ({ konnect }) => konnect.inject({ kind: 'status', status: 401, times: Infinity }),
    begins: 'pass failed',
    ends: 'passes succeed again',
  },
  {
    what: 'ten of twenty endpoints are deleted, and people let them go by policy',
    from: '02:00',
    to: '03:10',
    strike: ({ world, endpoints, configure }) => {
      for (const id of [...(endpoints.get('sd1') ?? []), ...(endpoints.get('sd2') ?? [])]) world.deleteEndpoint(id);
      return () => configure('policy: { maxRemovePercent: 60 }\nwatch: { listen: "127.0.0.1:0" }');
    },
    begins: 'removals withheld',
    ends: 'removals no longer withheld',
  },
  {
    what: 'somebody saves half of a configuration',
    from: '03:40',
    to: '03:50',
    strike: ({ configure }) => {
      configure('owner: [');
      return () => configure();
    },
    begins: 'warning',
    ends: 'warning no longer holds',
    about: 'configuration file',
  },
  {
    what: 'somebody changes the address of the worker, and changes it back',
    from: '04:00',
    to: '04:30',
    strike: ({ configure }) => {
      configure('watch: { listen: "127.0.0.1:9544" }');
      return () => configure();
    },
    begins: 'warning',
    ends: 'warning no longer holds',
    about: 'watch.listen',
  },
  {
    what: 'Konnect takes no new target',
    from: '04:40',
    to: '05:10',
    strike: ({ konnect, addEndpoint }) => {
      const end = konnect.inject({ kind: 'status', status: 400, method: 'PUT', path: /targets/, times: Infinity });
      addEndpoint({ 'kong:domain': 'sd3' });
      return end;
    },
    begins: 'change failed',
    ends: 'change no longer fails',
    about: 'sd3',
  },
];

/** A flapping scope: AWS answers for us-east-1 in every other pass only. */
export const restless = { from: '05:20', to: '06:00', about: 'hub.self.us-east-1' } as const;

/** Somebody else sets a target to another weight, twice, as a second writer would. */
export const meddling = ['06:20', '06:22'] as const;

export function meddle({ konnect }: NightStage): void {
  const [target] = konnect.entities(planeName, 'targets');
  if (target) konnect.seed(planeName, 'targets', { ...target, weight: 1 });
}
