/** Changes to the text of an answer by faults, for each of AWS's forms. */
export type AnswerText = {
  /** Takes a field out, wherever it occurs. */
  readonly omit: (text: string, field: string) => string;
  /** Ends a list with an empty NextToken where it has none. */
  readonly endWithEmptyToken: (text: string) => string;
};

/** In XML, fields begin in lower case. */
export const xmlText: AnswerText = {
  omit: (xml, field) => {
    const name = field.charAt(0).toLowerCase() + field.slice(1);
    return xml.replace(new RegExp(`<${name}>.*?</${name}>`, 'gs'), '');
  },
  endWithEmptyToken: (xml) =>
    xml.includes('<nextToken>') ? xml : xml.replace(/<\/\w+Response>$/, '<nextToken></nextToken>$&'),
};

/** In JSON, fields are named as in the SDK. */
export const jsonText: AnswerText = {
  omit: (json, field) => JSON.stringify(JSON.parse(json), (key, value) => (key === field ? undefined : value)),
  endWithEmptyToken: (json) => JSON.stringify({ NextToken: '', ...JSON.parse(json) }),
};
