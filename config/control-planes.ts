import { z } from 'zod';
import { secureOrigin, secureUrl, text, token } from './values';

const concurrency = z.int().min(1).max(64).default(4).describe('how many calls are made at once');

const adminAddress = secureUrl.describe("the address of Kong's Admin API: https, or plain http on loopback");

const adminToken = token.optional().describe('sent as `Kong-Admin-Token`');

/** What is kept right: an entry for each backend of sync/control-planes. */
export const controlPlane = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('konnect').describe('a control plane of Konnect'),
      address: secureOrigin
        .default('https://us.api.konghq.com')
        .describe("the address of Konnect's API in the region of the control plane"),
      name: text.describe('the name of the control plane'),
      token: token.describe('a personal or system access token that may write the configuration of the control plane'),
      concurrency,
    }),
    z.strictObject({
      type: z.literal('admin').describe('a Kong with a database, through its Admin API'),
      address: adminAddress,
      workspace: text.default('default').describe('the workspace to write to'),
      token: adminToken,
      concurrency,
    }),
    z.strictObject({
      type: z.literal('dbless').describe('one Kong without a database, by `POST /config`'),
      address: adminAddress,
      token: adminToken,
    }),
    z.strictObject({
      type: z.literal('file').describe('a decK file of its own'),
      path: text.describe('the file to write'),
    }),
    z
      .strictObject({
        type: z.literal('deck').describe('Konnect or the Admin API, through decK'),
        address: secureUrl.describe("the address of Konnect's API, or of Kong's Admin API"),
        name: text.optional().describe('the name of the control plane of Konnect; absent: an Admin API'),
        workspace: text.optional().meta({ description: 'the workspace of the Admin API', default: 'default' }),
        token: token.optional().describe("Konnect's access token, or what is sent as `Kong-Admin-Token`"),
        binary: text.optional().describe('the decK executable; absent: `DECK_BIN`, else `deck` on PATH'),
      })
      .refine(({ name, workspace }) => name === undefined || workspace === undefined, {
        path: ['workspace'],
        error: 'Konnect, which name stands for, has no workspaces: give name, or workspace for an Admin API',
      }),
  ])
  .meta({ id: 'controlPlane' });
