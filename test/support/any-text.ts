import fc from 'fast-check';

const [firstSurrogate, surrogates] = [0xd800, 0x800];

/**
 * Any character. fast-check's `binary` builds a table of all characters, which costs a second in
 * each test file.
 */
const anyCharacter = fc.integer({ min: 0, max: 0x10ffff - surrogates }).map(
  (index) => String.fromCodePoint(index < firstSurrogate ? index : index + surrogates),
  (text) => {
    const [code = -1, ...more] = Array.from(String(text), (character) => character.codePointAt(0) ?? -1);
    if (more.length > 0) throw new Error('more than one character');
    return code < firstSurrogate ? code : code - surrogates;
  },
);

/** Texts of any characters, and those that hurt as names in JavaScript. */
export function anyText(limits: { readonly maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc.string({ unit: anyCharacter, ...limits });
}
