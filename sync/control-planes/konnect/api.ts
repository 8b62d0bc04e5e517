import type { Api } from '../kong-api/errors';

const token = {
  code: 'CONTROL_PLANE_AUTH',
  fix: 'check that controlPlane.token is valid, belongs to this region, and may edit the control plane',
} as const;

/** Konnect, with a personal or system access token. */
export const konnectApi: Api = {
  name: 'Konnect',
  authorize: (text) => ({ authorization: `Bearer ${text}` }),
  fixes: { 401: token, 403: token },
};
