/** JSON with sorted keys, and without fields that are undefined: equal values have equal texts. Takes what JSON can hold. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = new Map(Object.entries(value));
  const keys = [...fields.keys()].sort().filter((key) => fields.get(key) !== undefined);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(fields.get(key))}`).join()}}`;
}
