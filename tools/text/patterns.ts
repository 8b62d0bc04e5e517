export type Pattern = {
  readonly name: string;
  /** Is tried on one sentence, with single spaces. */
  readonly pattern: RegExp;
  readonly reason: string;
  readonly better: string;
  /** A sentence that has the form. */
  readonly example: string;
};

/** Forms that a tired reader has to read twice. A new form is one more row. */
export const patterns: readonly Pattern[] = [
  {
    name: 'double "that"',
    pattern: /\bthat\b.*\bthat\b/i,
    reason: 'the reader has to find two nouns for two pronouns',
    better: 'write two sentences, or the noun in place of one "that"',
    example: 'The one that names the domain that is lost.',
  },
  {
    name: '"what ... is what"',
    pattern: /\bwhat\b.*\b(?:is|are|was) what\b/i,
    reason: 'neither "what" has a noun',
    better: 'name both things: "The plan holds the changes of the report"',
    example: 'What is told is what was seen.',
  },
  {
    name: '"who ... who"',
    pattern: /\bwho\b.*\bwho\b/i,
    reason: 'the reader cannot tell the two persons or programs apart',
    better: 'name each of them',
    example: 'Who asks learns who answers.',
  },
  {
    name: '"anew"',
    pattern: /\banew\b/i,
    reason: 'the word is rare',
    better: 'write "again", or a verb such as "recreates"',
    example: 'The pass makes it anew.',
  },
  {
    name: '"goes by"',
    pattern: /\bgo(?:es)? by\b/i,
    reason: 'the idiom also means "passes"',
    better: 'write "follows", "uses" or "depends on"',
    example: 'The worker goes by the clock.',
  },
];
