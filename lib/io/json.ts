const [QUOTE, BACKSLASH, COLON, BRACKET, BRACE] = [...'"\\:[{'].map((character) => character.charCodeAt(0));

/**
 * JSON from a file. Its length bounds neither the time nor the memory that parsing takes: objects and arrays, however empty, take fifty
 * times what a string or a list of numbers of the same length takes. So they are counted first, with the keys of objects.
 *
 * @param mostParts how many objects, arrays and keys there may be
 * @throws SyntaxError for what is no JSON or has more parts
 */
export function parseJson(text: string, mostParts: number): unknown {
  let parts = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) at = endOfString(text, at + 1);
    else if (character === COLON || character === BRACKET || character === BRACE) parts++;
    if (parts > mostParts) throw new SyntaxError(`it has more than ${mostParts} objects, arrays and keys`);
  }
  return JSON.parse(text);
}

/** Where the quote is that ends a string: the next one that is not behind an odd number of backslashes. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}
