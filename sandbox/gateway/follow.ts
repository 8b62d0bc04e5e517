import { setTimeout as wait } from 'node:timers/promises';
import { messageOf, PrivatelinkError } from '#core/errors';
import type { ControlPlaneReader } from './control-plane-reader';
import { emptyConfig, type GatewayConfig } from './entities';

/** The awaited hash, or a condition for the configuration. */
export type Awaited = string | ((config: GatewayConfig) => boolean);

export type Follower = {
  /** Of the configuration in use; undefined before the first. */
  readonly hash: () => string | undefined;
  /** Rejects with PrivatelinkError after `timeoutMs`. */
  readonly waitFor: (wanted: Awaited, timeoutMs: number) => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type FollowOptions = {
  readonly reader: ControlPlaneReader;
  readonly onConfig: (config: GatewayConfig) => void;
  /** Called after each pass that found the expected configuration in use. */
  readonly onInSync: (hash: string) => void;
};

const intervalMs = 200;

type Held = { hash?: string; config: GatewayConfig; failure?: string };

/** Keeps to the control plane's configuration from now on; a read that fails changes nothing. */
export function followControlPlane({ reader, onConfig, onInSync }: FollowOptions): Follower {
  const stopping = new AbortController();
  const held: Held = { config: emptyConfig };
  const waiters = new Set<() => void>();

  async function pass(): Promise<void> {
    const hash = await reader.readHash(stopping.signal);
    if (hash !== held.hash) {
      const config = await reader.readConfig(stopping.signal);
      // Lists read while somebody writes need not fit together: the next pass reads them again.
      if ((await reader.readHash(stopping.signal)) !== hash) return;
      Object.assign(held, { hash, config });
      onConfig(config);
      for (const check of waiters) check();
    }
    onInSync(hash);
  }

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      held.failure = await pass().then(() => undefined, messageOf);
      await wait(intervalMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    }
  }

  const following = follow();
  return {
    hash: () => held.hash,
    waitFor: (wanted, timeoutMs) => waitFor({ wanted, timeoutMs, held, waiters }),
    stop: async () => {
      stopping.abort();
      await following;
    },
  };
}

type Wait = {
  readonly wanted: Awaited;
  readonly timeoutMs: number;
  readonly held: Held;
  readonly waiters: Set<() => void>;
};

function waitFor({ wanted, timeoutMs, held, waiters }: Wait): Promise<void> {
  const isThere = () => (typeof wanted === 'string' ? held.hash === wanted : wanted(held.config));
  if (isThere()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiters.delete(check);
      reject(timeoutError(timeoutMs, held));
    }, timeoutMs).unref();
    function check(): void {
      if (!isThere()) return;
      clearTimeout(timer);
      waiters.delete(check);
      resolve();
    }
    waiters.add(check);
  });
}

function timeoutError(timeoutMs: number, { hash, failure }: Held): PrivatelinkError {
  const last = failure ?? `it has configuration ${hash ?? 'none'}`;
  return new PrivatelinkError(`the gateway did not get the configuration within ${timeoutMs} ms: ${last}`, {
    code: 'TIMEOUT',
    fix: undefined,
  });
}
