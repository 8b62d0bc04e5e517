import { describe, expect, it, jest } from '@jest/globals';
import { checkBase, contestedDomains, mergeBase, parseBase } from '#deck/file/base';
import { renderText } from '#deck/file/write';
import { documentOf, owner } from '../../../support/control-planes/konnect';
import { readAsDeck } from '../../../support/deck-yaml';

const head = '_format_version: "3.0"\n';

function baseOf(...texts: readonly string[]) {
  return parseBase(texts.map((text, index) => ({ path: `base-${index}.yaml`, text: head + text })));
}

describe('parseBase', () => {
  it.each([
    ['no _format_version', 'services: []\n', '_format_version: write _format_version: "3.0"'],
    ['the version of Kong Gateway 1.x', '_format_version: "1.1"\n', 'run deck file convert --from kong-gateway-2.x'],
    [
      'the version of Kong Gateway 2.x',
      '_format_version: 2.1\n',
      'convert --from kong-gateway-2.x --to kong-gateway-3.x',
    ],
    ['a version without quotes', '_format_version: 3.0\n', 'with the quotes'],
    ['an unknown key', `${head}servces: []\n`, 'servces is none of'],
    ['_info', `${head}_info: { defaults: {} }\n`, '_info would count for what is generated too'],
    ['_workspace', `${head}_workspace: team\n`, '_workspace is said by controlPlane'],
    ['_transform: false', `${head}_transform: false\n`, '_transform: decK takes no other value than true'],
    ['a list of a wrong type', `${head}services: { name: a }\n`, 'services: write a list, such as [a, b]'],
    ['an entity of a wrong type', `${head}services: [sd2]\n`, 'services.0: write a mapping, such as { key: value }'],
    [
      'a name of a wrong type',
      `${head}upstreams: [{ name: 7 }]\n`,
      'upstreams.0.name: write a text, in quotes where it looks like something else',
    ],
    ['tags of a wrong type', `${head}routes: [{ name: a, tags: b }]\n`, 'routes.0.tags: write a list, such as [a, b]'],
    [
      'a name that YAML 1.1 takes for another type',
      `${head}services: [{ name: no }]\n`,
      'services.0.name: write a text, in quotes where it looks like something else',
    ],
    ['a nested wrong type', `${head}services: [{ name: a, routes: [{ name: [] }] }]\n`, 'services.0.routes.0.name'],
    ['a service without name', `${head}services: [{ host: a }]\n`, 'services.0 has no name; give it one'],
    ['a plugin without name', `${head}plugins: [{ config: {} }]\n`, 'plugins.0 has no name'],
    ['a consumer without name', `${head}consumers: [{ tags: [a] }]\n`, 'consumers.0 has no username'],
    [
      'targets in a service',
      `${head}services: [{ name: a, targets: [{ target: b }] }]\n`,
      'decK takes no targets in here',
    ],
    ['a name twice', `${head}services: [{ name: a }, { name: a }]\n`, 'services.1 (service a) is in bad.yaml already'],
    [
      'a plugin twice, once nested',
      `${head}services: [{ name: a, plugins: [{ name: acl }] }]\nplugins: [{ name: acl, service: a }]\n`,
      '(plugin a|acl) is in bad.yaml already',
    ],
    ['a template without an end', `${head}services: [{ name: "$\{{ env }" }]\n`, 'the template in line 2 has no end'],
    [
      'a condition',
      `${head}$\{{ if true }}\nservices: []\n$\{{ end }}\n`,
      'a template decides the content of the file',
    ],
    ['a YAML mistake', 'services: [\n', 'correct the YAML there'],
    [
      'a quoted text whose next line is indented too little, which decK takes',
      `${head}services:\n- name: "a\nb"\n`,
      'line 3, column 11: close the quotes, and indent the lines between them',
    ],
    ...['custom_entities', 'licenses', 'rbac_roles', 'service_packages'].map((list) => [
      `${list}, which decK takes`,
      `${head}${list}: []\n`,
      `${list} carries no tags, so decK cannot tell its owner: write it to a separate file for decK, and remove it`,
    ]),
    ['too many levels', `${head}services: ${'['.repeat(5_000)}`, 'the file is nested deeper than 100 levels'],
    [
      'an alias inside its own anchor',
      `${head}services: &a [{ name: a, more: *a }]\n`,
      'an alias names nothing before it',
    ],
    ['a key with a special meaning in JavaScript', `${head}constructor: []\n`, 'constructor is none of'],
    ['no mapping', '- a\n', 'the file: write a mapping, such as { key: value }'],
  ])('refuses %s', (_, text, said) => {
    const parsing = () => parseBase([{ path: 'bad.yaml', text }]);

    expect(parsing).toThrow(said);
    expect(parsing).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/^base file bad\.yaml(?!.*(Invalid|expected))/),
        problems: [expect.objectContaining({ file: 'bad.yaml', fix: expect.stringMatching(/./) })],
      }),
    );
  });

  it.each(['"3.0"', `"$\{{ env "DECK_FORMAT" }}"`, `'$\{{ env "DECK_FORMAT" }}'`, `$\{{ env "DECK_FORMAT" }}`])(
    'fm-58 accepts _format_version: %s',
    (version) => {
      expect(parseBase([{ path: 'a.yaml', text: `_format_version: ${version}\nservices: []\n` }]).files).toHaveLength(
        1,
      );
    },
  );

  it('keeps values out of the message, because they may be secrets', () => {
    const text = `${head}consumers: [{ username: bob, keyauth_credentials: [{ key: secret ]\n`;

    expect(() => parseBase([{ path: 'bad.yaml', text }])).not.toThrow(/secret/);
    expect(() => parseBase([{ path: 'bad.yaml', text }])).toThrow('bad.yaml');
  });

  it('refuses two files with one entity', () => {
    expect(() => baseOf('consumers: [{ username: bob }]\n', 'consumers: [{ username: bob }]\n')).toThrow(
      'base file base-1.yaml cannot be used:\n  consumers.0 (consumer bob) is in base-0.yaml already (consumers.0); keep one of the two',
    );
    expect(() => baseOf('_plugin_configs: { a: {} }\n', '_plugin_configs: { a: {} }\n')).toThrow(
      '_plugin_configs.a is in base-0.yaml already',
    );
  });

  it('fm-51 stops the parser from writing to standard error, because the parser quotes secrets', () => {
    const warn = jest.spyOn(process, 'emitWarning');

    baseOf('consumers: [{ username: !secret bob }]\n');
    expect(() => baseOf('consumers: [{ username: bob, custom: { ? [secret] : a } }]\n')).toThrow('put it in quotes');

    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('accepts a name that every object has as a property', () => {
    expect(() => baseOf('_plugin_configs: { a: {} }\n', '_plugin_configs: { toString: {} }\n')).not.toThrow();
  });

  it('accepts different entities with one name', () => {
    const text = `
plugins: [{ name: acl }, { name: acl, service: a }, { name: acl, route: a }, { name: acl, consumer: a }]
services: [{ name: a, routes: [{ name: a, plugins: [{ name: cors }] }], plugins: [{ name: cors }] }]
consumers: [{ username: a }]
upstreams: [{ name: a, targets: [{ target: b }] }, { name: b, targets: [{ target: b }] }]
`;

    expect(baseOf(text).entities).toHaveLength(13);
  });
});

describe('checkBase', () => {
  const document = documentOf('sd2', 1);

  it.each([
    ['a service that is generated', 'services: [{ name: sd2, host: a }]\n', 'services.0 (service sd2) is generated'],
    ['a route that is generated', 'routes: [{ name: sd2 }]\n', 'set domains.sd2.route to false'],
    [
      'an upstream that is generated',
      'upstreams: [{ name: sd2.privatelink }]\n',
      '(upstream sd2.privatelink) is generated',
    ],
    ['a plugin that is generated', 'plugins: [{ name: rate-limiting, service: sd2 }]\n', 'is generated'],
    [
      'a service that does not exist',
      'routes: [{ name: a, service: { name: sd9 } }]\n',
      'refers to service sd9, but neither',
    ],
    ['a consumer that does not exist', 'plugins: [{ name: acl, consumer: eve }]\n', 'refers to consumer eve'],
  ])('refuses %s', (_, text, said) => {
    expect(() => checkBase(baseOf(text), document)).toThrow(said);
    expect(() => renderText(document, { owner, base: baseOf(text) })).toThrow('base file base-0.yaml');
  });

  it.each([
    ['a generated service', 'routes: [{ name: a, service: { name: sd2 } }]\nplugins: [{ name: acl, service: sd2 }]\n'],
    ['a generated route', 'plugins: [{ name: acl, route: sd2 }]\n'],
    ['an entity of a template', `plugins: [{ name: acl, route: $\{{ env "DECK_ROUTE" }} }]\n`],
    [
      'an entity of another part of the base',
      'services: [{ name: a, routes: [{ name: b }] }]\nplugins: [{ name: acl, route: b }]\n',
    ],
    ['a service of the base by its id', 'services: [{ name: a, id: x }]\nroutes: [{ name: b, service: { id: x } }]\n'],
  ])('accepts references to %s', (_, text) => {
    expect(() => checkBase(baseOf(text), document)).not.toThrow();
  });
});

describe('contestedDomains', () => {
  const document = [...documentOf('sd2', 1), ...documentOf('sd3', 1)];

  it.each([
    ['the service', 'services: [{ name: sd2, host: a }]\n', 'service sd2'],
    ['the route', 'routes: [{ name: sd2 }]\n', 'route sd2'],
    ['the route, below a service', 'services: [{ name: a, routes: [{ name: sd2 }] }]\n', 'route sd2'],
    ['the upstream', 'upstreams: [{ name: sd2.privatelink }]\n', 'upstream sd2.privatelink'],
  ])('fm-48 returns the domain whose name is taken by %s', (_, text, said) => {
    const contested = contestedDomains(baseOf(text), document);

    expect([...contested.keys()]).toEqual(['sd2']);
    expect(contested.get('sd2')?.reason).toContain(
      `claims domain sd2, but ${said} is written in base file base-0.yaml`,
    );
  });

  it.each([
    ['names no generated entity', 'services: [{ name: a, host: b }]\n'],
    ['refers to the domain', 'routes: [{ name: sd2, service: { name: sd2 } }]\n'],
    ['adds to the domain', 'routes: [{ name: a, service: { name: sd2 } }]\nplugins: [{ name: acl, service: sd2 }]\n'],
  ])('fm-48 returns none where the base file %s', (_, text) => {
    expect([...contestedDomains(baseOf(text), document)]).toEqual([]);
  });
});

describe('mergeBase', () => {
  it('puts entities of people after generated entities, verbatim, with a mark', () => {
    const base = baseOf(
      `services: [{ name: a, retries: 7, routes: [{ name: b, tags: [mine], plugins: [{ name: acl }] }] }]
upstreams: [{ name: a, targets: [{ target: "a:80" }] }]
`,
      'consumers: [{ username: bob, keyauth_credentials: [{ key: k }] }]\n_plugin_configs: { shared: { minute: 5 } }\n',
    );
    const tags = ['kong-privatelink:base'];

    expect(mergeBase({ services: [{ name: 'sd2' }], upstreams: [] }, base)).toEqual({
      _plugin_configs: { shared: { minute: 5 } },
      services: [
        { name: 'sd2' },
        {
          name: 'a',
          retries: 7,
          tags,
          routes: [{ name: 'b', tags: ['mine', ...tags], plugins: [{ name: 'acl', tags }] }],
        },
      ],
      upstreams: [{ name: 'a', tags, targets: [{ target: 'a:80', tags }] }],
      consumers: [{ username: 'bob', keyauth_credentials: [{ key: 'k' }], tags }],
    });
  });

  it('leaves the file unchanged without base files', () => {
    const document = documentOf('sd2', 2);

    expect(renderText(document, { owner, base: parseBase([]) })).toBe(renderText(document, { owner }));
  });

  it.each([
    ['none', `$\{{ env "DECK_BOB" }}`, 'bob'],
    ['single ones', `'$\{{ env "DECK_BOB" }}'`, 'pass #word'],
    ['double ones, as decK documents it', `"$\{{ env "DECK_BOB" }}"`, "off: it's"],
  ])('fm-58 writes templates for decK with their own quotes: %s', (_, written, value) => {
    const base = baseOf(
      `consumers:\n- username: bob\n  custom_id: ${written}\n- { username: ann, custom_id: ${written} }\n`,
    );

    const text = renderText([], { owner, base });

    expect(text.split(`"custom_id": ${written}\n`)).toHaveLength(3);
    expect(readAsDeck(text, { DECK_BOB: value })).toMatchObject({
      consumers: [
        { username: 'bob', custom_id: value },
        { username: 'ann', custom_id: value },
      ],
    });
    expect(base.variables).toEqual(['DECK_BOB', 'DECK_BOB']);
  });

  it('fm-57 writes the values that decK reads from the base file', () => {
    const base = baseOf(
      'plugins:\n- { name: a, config: { on: off, "x": "off", n: 1_000, o: 0o17, t: 12:30:45, s: 685_230.15, d: 2001-12-14 } }\n',
    );

    expect(Object(readAsDeck(renderText([], { owner, base }))).plugins[0].config).toEqual({
      true: false,
      x: 'off',
      false: 1_000,
      o: 15,
      t: '12:30:45',
      s: 685_230.15,
      d: '2001-12-14',
    });
  });

  it('fm-59 writes the result of merge keys, without the keys', () => {
    const base = baseOf(
      'plugins:\n- name: a\n  config: &c { p: 1, q: 2 }\n- name: b\n  config:\n    p: 3\n    <<: *c\n    q: 4\n',
    );

    const text = renderText([], { owner, base });

    expect(Object(readAsDeck(text)).plugins[1].config).toEqual({ p: 1, q: 4 });
    expect(text).not.toMatch(/<<|[&*]c/);
  });

  it('fm-59 distinguishes consumers by their identifying field, with their nested entities', () => {
    const acl = 'plugins: [{ name: acl }]';
    const base = baseOf(
      `consumers: [{ custom_id: foo, ${acl} }, { username: foo, ${acl} }]\nplugins: [{ name: cors, consumer: foo }]\n`,
    );

    expect(new Set(base.entities.map((one) => one.name)).size).toBe(5);
    expect(() => checkBase(base, [])).not.toThrow();
    expect(() => baseOf('consumers: [{ custom_id: foo }, { custom_id: foo }]\n')).toThrow(
      '(consumer custom_id foo) is in',
    );
    expect(() =>
      checkBase(baseOf('consumers: [{ custom_id: foo }]\nplugins: [{ name: cors, consumer: foo }]\n'), []),
    ).toThrow('refers to consumer foo');
  });

  it.each(['cloned_plugins', 'custom_plugins', 'partials', 'ai_models'])('fm-59 accepts %s, and marks them', (kind) => {
    const text = renderText([], { owner, base: baseOf(`${kind}: [{ name: a }]\n`) });

    expect(readAsDeck(text)).toMatchObject({ [kind]: [{ name: 'a', tags: ['kong-privatelink:base'] }] });
  });
});
