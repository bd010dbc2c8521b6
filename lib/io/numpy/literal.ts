// Parser of Python literals, the headers of .npy files: it accepts the language of `ast.literal_eval` except sums and
// \N{...}, in time proportional to the text.

/** A value of Python. Kinds that no header needs (floats, bytes, sets, None) are read but not distinguished. */
export type PythonValue =
  | { readonly type: 'str'; readonly value: string }
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'tuple' | 'list'; readonly items: readonly PythonValue[] }
  | { readonly type: 'dict'; readonly entries: Entries }
  | { readonly type: 'other' };

/** Values by key, the last one of a repeated key. A key that is no string has a symbol of its own. */
type Entries = ReadonlyMap<string | symbol, PythonValue>;

/** As in Python. */
const MOST_NESTED = 200;

/** Blanks between two words within brackets: spaces, line ends, comments and joined lines. */
const BLANK = /(?:[ \t\f\r\n]|#[^\r\n]*|\\(?:\r\n?|\n))*/y;
/** Blanks before the value: lines without words. The line of the value itself must not be indented. */
const BLANK_LINES = /[ \t]*(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n?|\n)|[ \t\f]*\f|\\(?:\r\n?|\n))*/y;
/** End of a line that is joined with a missing next line. */
const JOINED_WITH_NOTHING = /^[^#]*\\$/;

const STRING_START = /([uU]|[rR]|[bB][rR]?|[rR][bB])?('''|"""|'|")/y;
const INTEGER = /0[xX](?:_?[\da-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?0)*(?![\d_.])|[1-9](?:_?\d)*/y;
const FLOAT = /(?:\d(?:_?\d)*)?\.?(?:\d(?:_?\d)*)?(?:[eE][-+]?\d(?:_?\d)*)?[jJ]?/y;
const PYTHON_2_LONG = /[ \t]*L/y;
const WORD_START = /[\w.]/y;
const NAME = /[A-Za-z_]\w*/y;

const ESCAPES = /\\(?:\r\n|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g;
const ESCAPED: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '',
  '\r': '',
};

/**
 * The value that a Python literal stands for.
 *
 * @param longs whether integers may end in L, as Python 2 wrote them
 * @throws SyntaxError for text that is no literal
 */
export function parsePythonLiteral(text: string, longs: boolean): PythonValue {
  return new Parser(text, longs).parse();
}

class Parser {
  readonly #text: string;
  readonly #longs: boolean;
  #at = 0;
  #depth = 0;
  /** Position behind the last bracket or comma. */
  #bracketEnd = 0;

  constructor(text: string, longs: boolean) {
    this.#text = text;
    this.#longs = longs;
  }

  parse(): PythonValue {
    if (this.#text.includes('\0')) throw this.#fault();
    this.#match(BLANK_LINES);
    const value = this.#value();
    this.#match(BLANK);
    const after = this.#text.slice(this.#bracketEnd, this.#at);
    const lastLine = after
      .replace(/(?:\r\n?|\n)$/, '')
      .split(/[\r\n]/)
      .at(-1) as string;
    if (this.#at < this.#text.length || JOINED_WITH_NOTHING.test(lastLine)) throw this.#fault();
    return value;
  }

  #value(): PythonValue {
    switch (this.#text[this.#at]) {
      case '(':
        return this.#nested(() => this.#tuple());
      case '[':
        return this.#nested(() => ({ type: 'list', items: this.#items(']').values }));
      case '{':
        return this.#nested(() => this.#dict());
      default:
        return this.#strings() ?? this.#number() ?? this.#constant();
    }
  }

  #nested(read: () => PythonValue): PythonValue {
    if (++this.#depth > MOST_NESTED) throw this.#fault();
    this.#at++;
    this.#match(BLANK);
    const value = read();
    this.#depth--;
    return value;
  }

  /** A tuple, or a value in parentheses where there is no comma. */
  #tuple(): PythonValue {
    const { values, commas } = this.#items(')');
    const [only] = values;
    return only && commas === 0 ? only : { type: 'tuple', items: values };
  }

  #items(end: string): { values: PythonValue[]; commas: number } {
    const values: PythonValue[] = [];
    let commas = 0;
    while (!this.#takes(end)) {
      if (values.length > commas) throw this.#fault();
      values.push(this.#value());
      this.#match(BLANK);
      if (this.#takes(',')) commas++;
    }
    return { values, commas };
  }

  /** A dictionary, or a set. */
  #dict(): PythonValue {
    const entries = new Map<string | symbol, PythonValue>();
    while (!this.#takes('}')) {
      const key = this.#value();
      this.#match(BLANK);
      if (entries.size === 0 && !this.#isNext(':')) return this.#restOfSet();
      if (!this.#takes(':')) throw this.#fault();
      entries.set(key.type === 'str' ? key.value : Symbol(), this.#value());
      this.#match(BLANK);
      if (!this.#takes(',') && !this.#isNext('}')) throw this.#fault();
    }
    return { type: 'dict', entries };
  }

  #restOfSet(): PythonValue {
    if (!this.#takes(',') && !this.#isNext('}')) throw this.#fault();
    this.#items('}');
    return { type: 'other' };
  }

  /** Consecutive string literals, which form one string. */
  #strings(): PythonValue | undefined {
    const parts: string[] = [];
    let bytes = 0;
    for (;;) {
      const [, prefix = '', quote] = this.#match(STRING_START) ?? [];
      if (!quote) break;
      const body = this.#stringBody(quote);
      parts.push(/r/i.test(prefix) ? body : this.#unescape(body));
      if (/b/i.test(prefix)) bytes++;
      this.#match(BLANK);
    }
    if (parts.length === 0) return undefined;
    if (bytes > 0 && bytes < parts.length) throw this.#fault();
    return bytes > 0 ? { type: 'other' } : { type: 'str', value: parts.join('') };
  }

  #stringBody(quote: string): string {
    const start = this.#at;
    for (; this.#at < this.#text.length; this.#at++) {
      if (this.#text.startsWith(quote, this.#at)) {
        this.#at += quote.length;
        return this.#text.slice(start, this.#at - quote.length);
      }
      if (this.#text[this.#at] === '\\') this.#at++;
      else if (quote.length === 1 && /[\r\n]/.test(this.#text[this.#at] as string)) break;
    }
    throw this.#fault();
  }

  #unescape(body: string): string {
    return body.replace(ESCAPES, (all, x, u, U, octal, other) => {
      const hexadecimal: string | undefined = x ?? u ?? U;
      const code = hexadecimal ? Number.parseInt(hexadecimal, 16) : octal && Number.parseInt(octal, 8);
      if (code > 0x10ffff || (typeof other === 'string' && /[xuUN]/.test(other))) throw this.#fault();
      return code === undefined ? (ESCAPED[other ?? '\n'] ?? all) : String.fromCodePoint(code);
    });
  }

  #number(): PythonValue | undefined {
    const start = this.#at;
    const sign = this.#takes('-') ? -1 : 1;
    if (sign === 1) this.#takes('+');
    const integer = this.#match(INTEGER)?.[0];
    const isFraction = integer === undefined || /[.eEjJ]/.test(this.#text[this.#at] ?? '');
    if (isFraction && !/\d/.test(this.#matchFloat(integer))) {
      if (this.#at > start) throw this.#fault();
      return undefined;
    }
    if (this.#longs) this.#match(PYTHON_2_LONG);
    if (this.#match(WORD_START)) throw this.#fault();
    this.#match(BLANK);
    return isFraction ? { type: 'other' } : { type: 'int', value: sign * Number(integer.replaceAll('_', '')) };
  }

  /** A float, from the beginning of the integer that it seemed to be. */
  #matchFloat(integer: string | undefined): string {
    this.#at -= integer?.length ?? 0;
    return this.#match(FLOAT)?.[0] ?? '';
  }

  #constant(): PythonValue {
    const name = this.#match(NAME)?.[0];
    if (name === 'True' || name === 'False') return { type: 'bool', value: name === 'True' };
    if (name === 'None') return { type: 'other' };
    throw this.#fault();
  }

  #isNext(character: string): boolean {
    return this.#text[this.#at] === character;
  }

  /** Skips a character, and the blanks behind it, if it is the next one. */
  #takes(character: string): boolean {
    if (!this.#isNext(character)) return false;
    this.#bracketEnd = ++this.#at;
    this.#match(BLANK);
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found) this.#at = pattern.lastIndex;
    return found ?? undefined;
  }

  #fault(): SyntaxError {
    return new SyntaxError(`no Python literal, from character ${this.#at} on`);
  }
}
