/** The rules, in the order of the counts at the end. */
export const rules = ['width', 'sentence', 'pattern', 'test-name', 'link', 'command', 'exception'] as const;

export type Rule = (typeof rules)[number];

export type Finding = {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly rule: Rule;
  readonly what: string;
  /** How to mend the finding, as an order. */
  readonly fix: string;
};

export function findingText({ file, line, rule, what, fix }: Finding): string {
  return `${file}:${line}: ${rule}: ${what}; ${fix}`;
}
