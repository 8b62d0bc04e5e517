import * as ts from 'typescript';
import type { Passage } from './sentences';

export const mostNameCharacters = 100;

/**
 * Returns the names of tests and of their groups, as far as the source holds their text; `${…}` as
 * it stands there.
 */
export function testNamesOf(file: ts.SourceFile): readonly Passage[] {
  const names: Passage[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTest(node.expression)) {
      const [first] = node.arguments;
      const text = first && textOf(first, file);
      if (first && text !== undefined)
        names.push({ line: file.getLineAndCharacterOfPosition(first.getStart(file)).line + 1, text });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

/** `it`, `it.skip`, `it.each(table)`, `it.each` with a template, and a choice of two of them. */
function isTest(node: ts.Expression): boolean {
  if (ts.isIdentifier(node)) return /^(?:describe|it|test)$/.test(node.text);
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) return isTest(node.expression);
  if (ts.isParenthesizedExpression(node)) return isTest(node.expression);
  if (ts.isTaggedTemplateExpression(node)) return isTest(node.tag);
  return ts.isConditionalExpression(node) && isTest(node.whenTrue);
}

function textOf(node: ts.Expression, file: ts.SourceFile): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return node.getText(file).slice(1, -1);
  if (!ts.isBinaryExpression(node)) return undefined;
  return `${textOf(node.left, file) ?? ''}${textOf(node.right, file) ?? ''}`;
}
