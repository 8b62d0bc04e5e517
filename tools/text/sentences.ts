/** A paragraph, an item of a list, a cell of a table, or a comment. Line ends stay in its text. */
export type Passage = {
  /** Line of the first character, from 1. */
  readonly line: number;
  readonly text: string;
};

export type Sentence = Passage & { readonly words: number };

/** A full stop after these does not end a sentence. */
const abbreviation = /(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|approx|resp|ca)\.$/i;

const end = /[.!?][)\]"'”’*_]*(?=\s|$)/g;

/** Returns the sentences of a passage, each with the line of its first word. */
export function sentencesOf({ line, text }: Passage): readonly Sentence[] {
  const ends = [...text.matchAll(end)]
    .filter(({ index }) => !abbreviation.test(text.slice(0, index + 1)))
    .map((match) => match.index + match[0].length);
  const bounds = [0, ...ends, text.length];
  return bounds.slice(1).flatMap((to, index) => {
    const from = bounds[index] ?? 0;
    const sentence = text.slice(from, to).trim();
    if (sentence === '') return [];
    const begins = from + text.slice(from, to).search(/\S/);
    const above = text.slice(0, begins).split('\n').length - 1;
    return [{ line: line + above, text: sentence.replace(/\s+/g, ' '), words: wordsIn(sentence) }];
  });
}

/** Dashes and arrows between spaces are no words. */
function wordsIn(text: string): number {
  return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** Stands for inline code: one word, in which no rule reads. */
export const codeWord = '`code`';
