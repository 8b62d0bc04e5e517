import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultConfig, type Estate, openEstate, workerConfig } from '../../support/estate';
import { startWorkerProcess, type WorkerProcess } from '../../support/watch/process';

let estate: Estate;
let worker: WorkerProcess | undefined;

beforeEach(async () => {
  estate = await openEstate();
  estate.configure(`${defaultConfig(estate)}include: [own.yaml]\n`);
});

afterEach(async () => {
  await worker?.close();
  worker = undefined;
  await estate.close();
});

const routes = () => estate.konnect.entities('prod', 'routes').map((one) => one.name);

describe('protect', () => {
  it('protects the domain from the next pass on, until unprotect ends the protection', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    const done = await estate.run('protect', 'sd2', '--json');
    await estate.run('sync');
    estate.configure(`${defaultConfig(estate)}include: [own.yaml]\ndomains: { sd2: { route: false } }\n`);

    const diff = await estate.run('diff');
    await estate.run('sync');
    const kept = routes();
    await estate.run('unprotect', 'sd2');
    await estate.run('sync');

    expect(JSON.parse(done.out)).toEqual({ file: join(estate.folder, 'own.yaml'), changed: ['sd2'], unchanged: [] });
    expect(diff).toMatchObject({ exitCode: 0 });
    expect(diff.out).toContain('kept sd2 of sd2: protected: protect lists sd2; domains.sd2.route is false\n');
    expect(diff.out).toContain('protected sd2: removals prevented: 1\n');
    expect(kept).toContain('sd2');
    expect(routes()).not.toContain('sd2');
  });

  it.each([
    ['sd2', 'sd2'],
    ['route:sd2', 'route:sd2'],
    ['target:sd2.privatelink|10.0.1.11:80', "'target:sd2.privatelink|10.0.1.11:80'"],
  ])('makes retire remove nothing where %s is listed, and retire names the way out', async (entry, word) => {
    const id = estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('protect', entry);
    await estate.run('sync');
    estate.world.setTags(id, {});

    const { exitCode, out } = await estate.run('retire', 'sd2', '--yes');
    const held = routes();
    await estate.run('unprotect', entry);
    const again = await estate.run('retire', 'sd2', '--yes');

    expect(exitCode).toBe(3);
    expect(out).toContain(`refused protect lists ${entry}; kong-privatelink unprotect ${word}, then retire the domain`);
    expect(held).toContain('sd2');
    expect(again.exitCode).toBe(0);
  });

  it('takes several names, reports names already protected, and refuses a name of no domain or entity', async () => {
    await estate.run('protect', 'sd2');

    const more = await estate.run('protect', 'sd2', 'sd3');
    const less = await estate.run('unprotect', 'sd3', 'sd4');
    const wrong = await estate.run('protect', 'sd5', 'consumer:x');
    const none = await estate.run('protect');

    const file = join(estate.folder, 'own.yaml');
    expect(more.out).toBe(`sd3 is protected now (${file})\nsd2 was protected already\n`);
    expect(less.out).toBe(`sd3 is no longer protected (${file})\nsd4 was not protected\n`);
    expect(wrong).toMatchObject({ exitCode: 1 });
    expect(wrong.err).toContain('protect: "consumer:x" is neither a domain nor an entity');
    expect(none.exitCode).toBe(1);
    expect(readFileSync(file, 'utf8')).toMatch(/\nprotect:\n {2}- sd2\n$/);
  });

  it('names the fix where the configuration includes no file', async () => {
    estate.configure(defaultConfig(estate));

    const { exitCode, err } = await estate.run('protect', 'sd2');

    expect(exitCode).toBe(1);
    expect(err).toContain('add include: [kong-privatelink.d.yaml] to it');
    expect(existsSync(join(estate.folder, 'own.yaml'))).toBe(false);
  });

  it('takes effect in the next pass of a running worker, which warns of an entry without a match', async () => {
    await estate.run('protect', 'sd3');
    const configure = (more: string) => estate.configure(`${workerConfig(estate)}include: [own.yaml]\n${more}`);
    configure('');
    estate.addEndpoint('sd2', ['10.0.1.11']);
    worker = startWorkerProcess(estate, { argv: ['--log-level', 'debug'] });
    const warned = await worker.until('warning', 'protect, sd3');
    await worker.until('pass ended');

    await estate.run('protect', 'sd2');
    await worker.until('configuration read again');
    configure('domains: { sd2: { route: false } }\n');
    await worker.until('configuration read again');
    await worker.until('pass ended');
    await worker.until('pass ended');
    const kept = routes();
    await estate.run('unprotect', 'sd2', 'sd3');
    await worker.until('warning no longer holds', 'protect, sd3');
    await worker.until('pass ended');

    expect(warned.reason).toContain('nothing with that name is discovered or held');
    expect(kept).toContain('sd2');
    expect(routes()).not.toContain('sd2');
  });
});
