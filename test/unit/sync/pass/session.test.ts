import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { configOf, type Stage } from '#config/stages';
import { parseBase } from '#deck/file/base';
import { openGround, openSession } from '#sync/pass/session';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  writeFileSync(
    join(folder, 'kong-privatelink.yaml'),
    `owner: test
sources: [{ name: hub, type: vpc-endpoints, regions: [us-east-1] }]
controlPlane: { type: file, path: kong.yaml }
`,
  );
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('a session', () => {
  it('has one connection for its own base files, because a write clears the data of its own connection', () => {
    const terminal = { env: {}, out: () => {}, err: () => {}, isTerminal: false };
    const ground = openGround({ config: join(folder, 'kong-privatelink.yaml'), terminal });
    const session = openSession(ground, configOf(ground.config, ground.config.entries[0] as Stage));

    expect(session.withBase(ground.base).controlPlane).toBe(session.controlPlane);
    expect(session.withBase(parseBase([])).controlPlane).not.toBe(session.controlPlane);
  });
});
