/**
 * decK fills templates in before it reads the YAML. A template is an action of Go's text/template
 * between decK's marks. Texts inside it may hold the marks.
 */
const comment = String.raw`-?\s*\/\*[\s\S]*?\*\/\s*-?`;
/** A single character: Go has no texts in single quotes. */
const character = String.raw`'(?:[^'\\\n]{1,2}|\\[^\n][^'\n]*)'`;
const code = String.raw`(?:"(?:[^"\\\n]|\\.)*"|\`[^\`]*\`|${character}|(?!\}\})[^"'\`])*`;
const template = String.raw`\$\{\{(?:${comment}|${code})\}\}`;
/** decK ignores a line that begins as a YAML comment, even inside a text of several lines. */
const inFile = new RegExp(String.raw`^[^\S\n]*#.*$|(?<template>${template})|(?<open>\$\{\{)`, 'gm');
const outsideTemplates = new RegExp(`(${template})`);
const token = /\uffff(\d+)\uffff/g;

/** A file with a token in place of each template, which can be parsed before decK fills them in. */
export type Hidden = {
  readonly text: string;
  /** Puts the templates back into a part of the text. */
  readonly restore: (part: string) => string;
  /** The same for a part that JSON holds. */
  readonly restoreInJson: (json: string) => string;
};

/**
 * Hides the templates of a file. Throws an Error with the line of a template that does not end:
 * decK would refuse it.
 */
export function hideTemplates(text: string): Hidden {
  const templates: string[] = [];
  const hidden = text.replace(inFile, (match, ...rest) => {
    const { template: found, open } = rest.at(-1);
    if (open) throw new Error(whyNone(text, rest.at(-3)));
    return found ? `\uffff${templates.push(match) - 1}\uffff` : match;
  });
  const restoreAs = (write: (one: string) => string) => (part: string) =>
    part.replace(token, (match, index) => write(templates[index] ?? match));
  return {
    text: hidden,
    restore: restoreAs((one) => one),
    restoreInJson: restoreAs((one) => JSON.stringify(one).slice(1, -1)),
  };
}

/** Why the text at `offset` is not a template. */
function whyNone(text: string, offset: number): string {
  const [line = ''] = text.slice(offset).split('\n', 1);
  const place = `the template in line ${lineNumberOf(text, offset)}`;
  if (!line.includes('}}')) return `${place} has no end; close it with }}`;
  return `${place} is none that decK reads; write texts in it as "…" or \`…\`, with no backslash before the quotes`;
}

/** Applies `change` to the text between templates, and keeps the templates. */
export function aroundTemplates(text: string, change: (part: string) => string): string {
  return text
    .split(outsideTemplates)
    .map((part, index) => (index % 2 === 0 ? change(part) : part))
    .join('');
}

const opening = /\$\{\{-?\s*(?:if|range|with|block|define)\b/g;
const closing = /\$\{\{-?\s*end\b/g;
const decides = 'a template decides the content of the file, and only decK knows its result; write the result out';

/**
 * Throws an Error when a condition or loop of templates begins in the text but does not end there.
 */
export function refuseHalves(text: string): void {
  if ((text.match(opening)?.length ?? 0) !== (text.match(closing)?.length ?? 0)) throw new Error(decides);
}

/** Why a file is not YAML: its template conditions, if it has any, else the parser's error. */
export function whyNoYaml(text: string, found: Error): Error {
  return text.search(opening) < 0 ? found : new Error(decides);
}

/** The line of a place in a text, from 1. */
export function lineNumberOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
