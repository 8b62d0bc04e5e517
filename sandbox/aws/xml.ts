const entities = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ['\r', '&#xD;'],
]);

/** `<name>text</name>`, escaped; nothing when there is no value, as AWS leaves such fields out. */
export function element(name: string, value: string | number | boolean | undefined): string {
  if (value === undefined) return '';
  const text = String(value).replace(/[&<>"\r]/g, (character) => entities.get(character) ?? character);
  return `<${name}>${text}</${name}>`;
}

/** Wraps XML that is already escaped. */
export function wrap(name: string, ...children: readonly string[]): string {
  return `<${name}>${children.join('')}</${name}>`;
}

/** An EC2 set: each of `items`, already escaped XML, becomes one `<item>`. */
export function list(name: string, items: readonly string[]): string {
  return `<${name}>${items.map((item) => `<item>${item}</item>`).join('')}</${name}>`;
}

/** An EC2 set of plain values. */
export function valueList(name: string, values: readonly string[]): string {
  return `<${name}>${values.map((value) => element('item', value)).join('')}</${name}>`;
}
