/** 10,000 endpoints take about a tenth of it. */
export const maxSnapshotBytes = 64 * 1024 * 1024;
/** A snapshot has eight levels. */
const maxDepth = 32;
/** An endpoint has about eight: 64 MiB of real ones stay below, and 64 MiB of empty ones would be gigabytes in memory. */
const maxParts = 1_000_000;

const [quote, backslash, list, listEnd, object, objectEnd] = [...'"\\[]{}'].map((one) => one.charCodeAt(0));

/** Why JSON is not even parsed, as in "is nested deeper than 32 levels"; undefined where it may be. Each level and each part costs memory. */
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

/** A character takes three bytes at most, so that texts of a usual length are not gone through. */
function exceedsBytes(json: string): boolean {
  return json.length > maxSnapshotBytes / 3 && Buffer.byteLength(json) > maxSnapshotBytes;
}

/** Where the quote is that ends the text which begins at `start`; the end of all where there is none. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let before = end;
    while (json.charCodeAt(before - 1) === backslash) before -= 1;
    if ((end - before) % 2 === 0) return end;
  }
  return json.length;
}
