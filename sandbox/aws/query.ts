import { AwsError } from './error';

/** Parameters of one call in AWS's query protocol: `Filter.1.Name` and so on. */
export type Query = ReadonlyMap<string, string>;

/** Takes a form-encoded body. */
export function parseQuery(body: string): Query {
  return new Map(new URLSearchParams(body));
}

/** Values of `name.1`, `name.2`, … up to the first gap. */
export function listOf(query: Query, name: string): readonly string[] {
  const values: string[] = [];
  for (let value = query.get(`${name}.1`); value !== undefined; value = query.get(`${name}.${values.length + 1}`)) {
    values.push(value);
  }
  return values;
}

/** A parameter that the call cannot do without; throws MissingParameter. */
export function required(query: Query, name: string): string {
  const value = query.get(name);
  if (value) return value;
  throw new AwsError('MissingParameter', `The request must contain the parameter ${name}`);
}

/** A whole number, or undefined when absent; throws InvalidParameterValue. */
export function numberOf(query: Query, name: string): number | undefined {
  const text = query.get(name);
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new AwsError('InvalidParameterValue', `Value (${text}) for parameter ${name} is invalid`);
}
