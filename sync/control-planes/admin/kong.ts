import { systemClock } from '#io/clock';
import type { Api } from '../kong-api/errors';
import { createHttp, type HttpOptions } from '../kong-api/http';
import type { EntityApi } from '../kong-api/lists';

const token = {
  code: 'CONTROL_PLANE_AUTH',
  fix: 'check that controlPlane.token is valid and may edit what this owner holds',
} as const;

/** Kong's Admin API. The header is that of Kong Gateway's role-based access control. */
const kongApi: Api = {
  name: 'Kong',
  authorize: (text) => ({ 'kong-admin-token': text }),
  fixes: {
    401: token,
    403: token,
    404: {
      code: 'CONTROL_PLANE_UNKNOWN',
      fix: "check that controlPlane.address is Kong's Admin API, and that controlPlane.workspace exists there",
    },
    405: {
      code: 'CONTROL_PLANE',
      fix: 'a Kong without a database takes no single entities: use controlPlane.type dbless',
    },
  },
};

export type KongOptions = Partial<Pick<HttpOptions, 'clock' | 'random' | 'timeoutMs'>>;

/** Place of the Admin API. */
export type KongConfig = Pick<HttpOptions, 'address' | 'token' | 'tls' | 'headers'> & {
  readonly workspace?: string;
  readonly concurrency?: number;
};

/** Calls at once if the configuration gives no number. */
const defaultConcurrency = 4;

/** Returns the client of the configured Admin API and workspace; makes no call. */
export function openKong({ workspace = 'default', ...config }: KongConfig, options: KongOptions = {}): EntityApi {
  const http = createHttp({ api: kongApi, concurrency: defaultConcurrency, clock: systemClock, ...config, ...options });
  return { http, base: workspace === 'default' ? '' : `/${encodeURIComponent(workspace)}` };
}
