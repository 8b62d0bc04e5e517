import { z } from 'zod';
import { anyway, distinct, headerName, isWithoutVersion, secureBase, text, token, versionIsAdded } from './values';

const concurrency = z.int().min(1).max(64).default(4).describe('the number of calls at once');

const adminAddress = secureBase.describe("the address of Kong's Admin API: https, or plain http on loopback");

const adminToken = token.optional().describe('sent as `Kong-Admin-Token`');

const tlsFiles = z.strictObject({
  ca: text.optional().describe('a file in PEM with the trusted authorities; it replaces the authorities of Node'),
  cert: text.optional().describe('the file of the client certificate, in PEM'),
  key: text.optional().describe('the file of its private key, in PEM, without a passphrase'),
  serverName: text
    .regex(/^[\w.:-]+$/, 'a name or an address, as in the certificate of the server')
    .optional()
    .describe("the name in the server's certificate, where it differs from `address`"),
});

const isPair = ({ cert, key }: { readonly cert?: string; readonly key?: string }) => !cert === !key;
const pair = { ...anyway, error: 'a certificate needs its key: give both cert and key' };
const tlsMeaning = 'for an authority of your own, or mutual TLS';

const tls = tlsFiles.refine(isPair, pair).optional().describe(tlsMeaning);

/** Not for Konnect: anybody on the way would get a token that may write the configuration. */
const tlsOfKong = tlsFiles
  .extend({
    skipVerify: z
      .boolean()
      .optional()
      .meta({ description: 'whether any certificate of the server is trusted; for trials', default: false }),
  })
  .refine(isPair, pair)
  .optional()
  .describe(tlsMeaning);

/** Headers that the HTTP client sets. */
const sentAnyway =
  /^(accept|connection|content-.*|expect|host|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i;

/** Headers of each call, except `own`, the header with the token. */
function headersOf(own: string) {
  const name = headerName
    .refine((one) => one.toLowerCase() !== own, `give ${own} as token`)
    .refine((one) => !sentAnyway.test(one), 'a header that may be chosen: this one is set by what sends it');
  const value = z.string().regex(/^[\t\x20-\x7e]+$/, 'the value of a header, without line breaks');
  return z.record(name, value).optional().describe('headers that are sent with each call; their values are secrets');
}

const kongTokenHeader = 'kong-admin-token';

const konnect = z.strictObject({
  type: z.literal('konnect').describe('a control plane of Konnect'),
  address: secureBase
    .refine(isWithoutVersion, { error: versionIsAdded })
    .default('https://us.api.konghq.com')
    .describe(
      "the address of Konnect's API in the region of the control plane; with a path where a gateway stands in front",
    ),
  name: text.describe('the name of the control plane'),
  token: token.describe('a personal or system access token that may write the configuration of the control plane'),
  concurrency,
  streamPlugins: z.boolean().optional().meta({
    description:
      'whether Konnect streams the plugins `privatelink-zone` and `privatelink-callers` to data planes (Gateway 3.15 or later), which then need no installation',
    default: false,
  }),
  tls,
  headers: headersOf('authorization'),
});

const admin = z.strictObject({
  type: z.literal('admin').describe('a Kong with a database, through its Admin API'),
  address: adminAddress,
  workspace: text.default('default').describe('the workspace to write to'),
  token: adminToken,
  concurrency,
  tls: tlsOfKong,
  headers: headersOf(kongTokenHeader),
});

const dbless = z.strictObject({
  type: z.literal('dbless').describe('one Kong without a database, by `POST /config`'),
  address: adminAddress,
  token: adminToken,
  tls: tlsOfKong,
  headers: headersOf(kongTokenHeader),
});

const file = z.strictObject({
  type: z.literal('file').describe('a decK file of its own'),
  path: text.describe('the file to write'),
});

const deck = z
  .strictObject({
    type: z.literal('deck').describe('Konnect or the Admin API, through decK'),
    address: secureBase.describe("the address of Konnect's API, or of Kong's Admin API"),
    name: text.optional().describe('the name of the control plane of Konnect; absent: an Admin API'),
    workspace: text.optional().meta({ description: 'the workspace of the Admin API', default: 'default' }),
    token: token.optional().describe("Konnect's access token, or the value of `Kong-Admin-Token`"),
    tls: tlsOfKong,
    headers: headersOf(kongTokenHeader),
    binary: text.optional().describe('the decK executable; absent: `DECK_BIN`, else `deck` on PATH'),
  })
  .refine(({ name, address }) => name === undefined || isWithoutVersion(address), {
    path: ['address'],
    error: versionIsAdded,
  })
  .refine(({ name, workspace }) => name === undefined || workspace === undefined, {
    ...anyway,
    path: ['workspace'],
    error: 'Konnect, which name stands for, has no workspaces: give name, or workspace for an Admin API',
  })
  .refine(({ name, tls }) => name === undefined || !tls?.skipVerify, {
    ...anyway,
    path: ['tls', 'skipVerify'],
    error: 'whoever is on the way to Konnect would get its token: name the authority in ca',
  })
  .refine(({ headers }) => !Object.values(headers ?? {}).some((value) => /\s/.test(value)), {
    ...anyway,
    path: ['headers'],
    error: 'decK takes no header whose value has a space in it: leave it out, or use type konnect, admin or dbless',
  });

const speaksTls = (plane: object) =>
  !('tls' in plane && plane.tls) || !('address' in plane && String(plane.address).startsWith('http:'));
const withoutTls = {
  ...anyway,
  path: ['tls'],
  error: 'TLS is spoken where the address begins with https: write it so, or remove tls',
};

/** The control plane to write: an entry for each backend of sync/control-planes. */
export const controlPlane = z
  .discriminatedUnion('type', [konnect, admin, dbless, file, deck])
  .refine(speaksTls, withoutTls)
  .meta({ id: 'controlPlane' });

/** Konnect's own rule for labels. */
const labelForm = /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;
const labelWords = 'letters, digits, dot, dash and underscore, at most 63, with a letter or a digit at both ends';
const labelValue = z.string().regex(labelForm, labelWords);
const labelName = labelValue.regex(
  /^(?!kong|konnect|mesh|kic)/,
  'a label that people may set: those of Konnect itself begin with kong, konnect, mesh or kic',
);

/**
 * A label of metrics, an argument of the command line, and the unchanged value of a label of
 * Konnect.
 */
export const stageName = labelValue;

const stage = stageName.describe('the name of the stage');

const selecting = {
  stage: stageName.optional().describe('the name of the stage; required without `select`'),
  name: konnect.shape.name.optional().describe('the name of the control plane; required without `select`'),
  select: z
    .record(labelName, labelValue)
    .refine((labels) => Object.keys(labels).length > 0, 'at least one label with its value')
    .optional()
    .describe(
      'labels and their values: each control plane with all of them is a stage; in place of `name` and `stage`',
    ),
  stageLabel: labelName
    .optional()
    .meta({ description: 'with `select`: the label whose value is the name of the stage', default: 'stage' }),
};

const konnectStage = konnect.extend(selecting).superRefine((entry, context) => {
  const refuse = (key: keyof typeof selecting, message: string) =>
    context.addIssue({ code: 'custom', path: [key], message });
  if (entry.select === undefined) {
    if (entry.stage === undefined) refuse('stage', `is required: ${stage.description}, or select in its place`);
    if (entry.name === undefined)
      refuse('name', `is required: ${konnect.shape.name.description}, or select in its place`);
    if (entry.stageLabel !== undefined) refuse('stageLabel', 'it goes with select: remove it, or give select');
    return;
  }
  if (entry.stage !== undefined)
    refuse('stage', 'with select a label of each control plane names its stage: remove it');
  if (entry.name !== undefined) refuse('name', 'select stands for every control plane with those labels: remove one');
}, anyway);

/** One of several control planes: `controlPlane` with the keys of a stage. */
const stageEntry = z
  .discriminatedUnion('type', [
    konnectStage,
    admin.extend({ stage }),
    dbless.extend({ stage }),
    file.extend({ stage }),
    deck.safeExtend({ stage }),
  ])
  .refine(speaksTls, withoutTls)
  .meta({ id: 'controlPlanes[]' });

export type StageConfig = z.infer<typeof stageEntry>;

/** The limit of control planes: one worker runs a loop for each. */
const mostStages = 64;

export const controlPlanes = z
  .array(stageEntry)
  .min(1)
  .max(mostStages)
  .superRefine(
    distinct(({ stage }) => [stage], ['stage'], 'give each stage a name of its own'),
    anyway,
  );
