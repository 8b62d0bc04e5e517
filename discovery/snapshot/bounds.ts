/** 10,000 endpoints take about a tenth of it. */
export const maxSnapshotBytes = 64 * 1024 * 1024;
/** A snapshot has eight levels. */
const maxDepth = 32;
/**
 * An endpoint has about eight parts. 64 MiB of real endpoints stay below the limit; 64 MiB of empty
 * ones would take gigabytes of memory.
 */
const maxParts = 1_000_000;

const [quote, backslash, list, listEnd, object, objectEnd] = [...'"\\[]{}'].map((one) => one.charCodeAt(0));

/**
 * Why JSON is too large to parse, for example "is nested deeper than 32 levels"; undefined when it
 * may be parsed. Each level and each part costs memory.
 */
export function excessOf(json: string): string | undefined {
  if (exceedsBytes(json)) return `has more than ${maxSnapshotBytes / 1024 ** 2} MiB`;
  let depth = 0;
  let parts = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === quote) at = endOfText(json, at);
    else if (code === list || code === object) {
      depth += 1;
      parts += 1;
    } else if (code === listEnd || code === objectEnd) depth -= 1;
    if (depth > maxDepth) return `is nested deeper than ${maxDepth} levels`;
    if (parts > maxParts) return `has more than ${maxParts} lists and objects`;
  }
  return undefined;
}

/** A character has at most three bytes, so a short text needs no count. */
function exceedsBytes(json: string): boolean {
  return json.length > maxSnapshotBytes / 3 && Buffer.byteLength(json) > maxSnapshotBytes;
}

/** The position of the quote that ends the text from `start` on, or the end of all. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let before = end;
    while (json.charCodeAt(before - 1) === backslash) before -= 1;
    if ((end - before) % 2 === 0) return end;
  }
  return json.length;
}
