const [QUOTE, BACKSLASH, COLON, COMMA, BRACKET, BRACE] = [...'"\\:,[{'].map((character) => character.charCodeAt(0));

/**
 * Parses JSON from a file. Its length bounds neither the time nor the memory of parsing: even empty objects and arrays
 * take fifty times the memory of a string of the same length, and a list of short numbers ten times. So the parts are
 * counted first: objects, arrays and keys by the character that begins or follows them, and elements of lists by the
 * comma before.
 *
 * @param mostParts greatest number of objects, arrays and keys
 * @param mostCommas greatest number of commas, between keys and in lists of anything
 * @throws SyntaxError for text that is no JSON or exceeds a limit
 */
export function parseJson(text: string, mostParts: number, mostCommas = mostParts): unknown {
  let [parts, commas] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) at = endOfString(text, at + 1);
    else if (character === COMMA) commas++;
    else if (character === COLON || character === BRACKET || character === BRACE) parts++;
    if (parts > mostParts) throw new SyntaxError(`it has more than ${mostParts} objects, arrays and keys`);
    if (commas > mostCommas) throw new SyntaxError(`it has more than ${mostCommas} commas`);
  }
  return JSON.parse(text);
}

/** Position of the quote that ends a string: the next one not behind an odd number of backslashes. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}
