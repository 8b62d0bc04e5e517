import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** AWS's own model of a value, from botocore. */
type Shape = {
  readonly type: string;
  readonly members?: Readonly<Record<string, Member>>;
  readonly member?: Member;
  readonly enum?: readonly string[];
};
type Member = { readonly shape: string; readonly locationName?: string };
type Operation = { readonly output?: { readonly shape: string; readonly resultWrapper?: string } };
type Model = {
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly operations: Readonly<Record<string, Operation>>;
};

/** An element of XML with what is inside. */
type Element = { readonly name: string; readonly text: string; readonly children: readonly Element[] };

const packages = join(__dirname, '../../../.venv/lib');

/** The newest model of an API (`ec2`), of the botocore that moto came with. */
export function loadModel(api: string): Model {
  const [python = ''] = readdirSync(packages);
  const folder = join(packages, python, 'site-packages/botocore/data', api);
  const newest = readdirSync(folder).sort().at(-1) ?? '';
  return JSON.parse(gunzipSync(readFileSync(join(folder, newest, 'service-2.json.gz'))).toString());
}

/** The parts of an action's answer that differ from the model, by path; empty when none does. */
export function misfitsOf(model: Model, action: string, xml: string): readonly string[] {
  const [root] = parseXml(xml);
  const output = model.operations[action]?.output;
  if (!root || !output) return [`${action}: no answer, or no such action`];
  const inside = output.resultWrapper ? root.children.find(({ name }) => name === output.resultWrapper) : root;
  if (!inside) return [`${action}: no ${output.resultWrapper}`];
  const meta = new Set(['requestId', 'ResponseMetadata']);
  const children = inside.children.filter(({ name }) => !meta.has(name));
  return misfits(model, output.shape, { ...inside, children }, action);
}

function misfits(model: Model, shapeName: string, element: Element, path: string): readonly string[] {
  const shape = model.shapes[shapeName];
  if (!shape) return [`${path}: no shape ${shapeName}`];
  if (shape.type === 'structure') {
    const byName = new Map(
      Object.entries(shape.members ?? {}).map(([name, member]) => [member.locationName ?? name, member.shape]),
    );
    return element.children.flatMap((child) => {
      const own = byName.get(child.name);
      const at = `${path}.${child.name}`;
      return own === undefined ? [`${at}: ${shapeName} has no such field`] : misfits(model, own, child, at);
    });
  }
  if (shape.type === 'list') {
    const { shape: own = '', locationName = 'member' } = shape.member ?? {};
    return element.children.flatMap((child, index) => {
      const at = `${path}[${index}]`;
      return child.name === locationName
        ? misfits(model, own, child, at)
        : [`${at}: ${child.name}, not ${locationName}`];
    });
  }
  return isScalar(shape, element) ? [] : [`${path}: ${element.text} is no ${shapeName}`];
}

const forms: Readonly<Record<string, RegExp>> = {
  boolean: /^(true|false)$/,
  integer: /^-?\d+$/,
  timestamp: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
};

function isScalar({ type, enum: words }: Shape, { text, children }: Element): boolean {
  if (children.length > 0 || !(forms[type] ?? /^/).test(text)) return false;
  // EC2 writes enumerated words in its own way: `available` for `Available`.
  return !words || words.some((word) => word.toLowerCase() === text.toLowerCase());
}

function parseXml(xml: string): readonly Element[] {
  const found: Element[] = [];
  const pattern = /<([\w]+)(?: [^>]*)?>/g;
  for (let open = pattern.exec(xml); open; open = pattern.exec(xml)) {
    const [, name = ''] = open;
    const inside = insideOf(xml.slice(pattern.lastIndex), name);
    pattern.lastIndex += inside.length;
    found.push({ name, text: inside, children: parseXml(inside) });
  }
  return found;
}

/** Up to the tag that closes the element; those of the same name stand in one another. */
function insideOf(rest: string, name: string): string {
  const tags = new RegExp(`<(/?)${name}(?: [^>]*)?>`, 'g');
  let depth = 1;
  for (let tag = tags.exec(rest); tag; tag = tags.exec(rest)) {
    depth += tag[1] === '/' ? -1 : 1;
    if (depth === 0) return rest.slice(0, tag.index);
  }
  throw new Error(`<${name}> is not closed`);
}
