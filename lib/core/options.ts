import { describe, shortened } from './describe.ts';
import { DenseamError } from './errors.ts';
import type { CallOptions } from './types.ts';
import { property, rangeError, reading, record, shapeError } from './validate.ts';

// One specification a verb: a table of its options, each with what checks it, what stands for it where it is not given,
// and what --help says of it. The check and the command line's options follow from the table, and the type system holds
// the table against the documented type of the verb's options.

/** Checks a value and returns what the verb works with; `name` is what errors call it. */
export type Check<Read> = (name: string, value: unknown) => Read;

/**
 * How the command line takes an option: a number, several with commas between them, a whole number from some least one,
 * or a flag.
 */
export type HelpKind = 'number' | 'numbers' | 'flag' | { readonly integerFrom: number };

/** What --help says of an option. */
export interface Help {
  readonly kind: HelpKind;
  /** What the option is; of a flag that is on by default, what its absence means. */
  readonly what: string;
  /** The default in words, where the option itself has none that says it. */
  readonly byDefault?: string;
}

/** One option, whatever its types. */
export interface AnyOption {
  readonly read: Check<unknown>;
  readonly isRequired: boolean;
  /** What stands for it where it is left out, if that is known beforehand. */
  readonly fallback?: unknown;
  /** Only options that have it are on the command line. */
  readonly help?: Help;
}

/** One option: callers write `Given`, the verb works with `Read`. */
export interface Option<Given, Read> extends AnyOption {
  readonly read: Check<Read>;
  /** For the type system alone: an option for one type is none for a wider or a narrower one. */
  readonly given?: (value: Given) => Given;
}

/** The options of a verb by name. */
export type OptionTable = Readonly<Record<string, AnyOption>>;

/** The table that goes with a type of options: all of them and no others. */
export type TableOf<Options> = { readonly [Name in keyof Options]-?: Option<Options[Name], unknown> };

/** What {@link readOptions} makes of a table. */
export type Read<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends { readonly read: Check<infer R> } ? R : never;
};

/** The table of the options of a type: `specify<BetaOptions>()({ beta: required(positive), ... })`. */
export function specify<Options>() {
  return <Table extends TableOf<Options>>(
    table: Table & { [Other in Exclude<keyof Table, keyof Options>]: never },
  ): Table => table;
}

/**
 * An option that must be given. (`NoInfer`: what callers may write follows from the check, not from where the option is
 * put.)
 */
export function required<R, Given = R>(read: Check<R>): Option<NoInfer<Given>, R> {
  return { read, isRequired: true };
}

/** An option that may be left out; `fallback` then stands for it. */
export function optional<R, Given = R>(read: Check<R>): Option<NoInfer<Given> | undefined, R | undefined>;
export function optional<R, Given = R>(read: Check<R>, fallback: NoInfer<R>): Option<NoInfer<Given> | undefined, R>;
export function optional<R, Given = R>(
  read: Check<R>,
  fallback?: R,
): Option<NoInfer<Given> | undefined, R | undefined> {
  return { read: (name, value) => (value === undefined ? fallback : read(name, value)), isRequired: false, fallback };
}

/** The option with its place on the command line. */
export function described<O extends AnyOption>(option: O, kind: HelpKind, what: string, byDefault?: string): O {
  return { ...option, help: { kind, what, ...(byDefault !== undefined && { byDefault }) } };
}

/**
 * Reads and checks options, each exactly once, into an object of the callee's own. Any other option is refused, so that
 * a misspelt one or one that a verb does not use never passes in silence.
 */
export function readOptions<Table extends OptionTable>(table: Table, value: unknown, name = 'options'): Read<Table> {
  const source = record(name, value, wanted(table));
  for (const key of reading(name, () => Object.keys(source))) {
    if (Object.hasOwn(table, key)) continue;
    const known = Object.keys(table).sort().join(', ');
    const [argument, expected] = [`${name}.${shortened(key)}`, `only ${known}`];
    throw new DenseamError('ERR_RANGE', `Expected ${expected} in ${name} but received ${argument}`, {
      argument,
      expected,
      received: argument,
    });
  }
  const read = Object.entries(table).map(([key, option]) => [
    key,
    option.read(`${name}.${key}`, property(name, source, key)),
  ]);
  return Object.fromEntries(read) as Read<Table>;
}

/** In words, what an object of options must have. */
function wanted(table: OptionTable): string {
  const names = Object.keys(table).filter((key) => table[key]?.isRequired);
  return names.length === 0 ? 'an object' : `an object with ${names.join(' and ')}`;
}

/** What a verb checks itself, since it depends on others. */
export function asGiven(_: string, value: unknown): unknown {
  return value;
}

/** True or false. */
export function aBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw rangeError(name, 'true or false', value);
  return value;
}

export function aString(name: string, value: unknown): string {
  if (typeof value !== 'string') throw shapeError(name, 'a string', describe(value));
  return value;
}

/** One of these words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Check<Word> {
  const quoted = words.map((word) => `"${word}"`);
  const expected = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
  return (name, value) => {
    if (!words.includes(value as Word)) throw rangeError(name, expected, value);
    return value as Word;
  };
}

/** A callback. */
export function aFunction<F extends (...values: never[]) => unknown>(name: string, value: unknown): F {
  if (typeof value !== 'function') throw shapeError(name, 'a function', describe(value));
  return value as F;
}

/**
 * An AbortSignal, of whichever realm or library: what has its members. One that lacks those of later standards is
 * followed by one that has them.
 */
export function anAbortSignal(name: string, value: unknown): AbortSignal {
  if (typeof value !== 'object' || value === null) throw shapeError(name, 'an AbortSignal', describe(value));
  const signal = value as AbortSignal;
  const isSignal = reading(name, () => typeof signal.aborted === 'boolean' && isEventTarget(signal));
  if (!isSignal) throw shapeError(name, 'an AbortSignal', describe(value));
  return typeof signal.throwIfAborted === 'function' ? signal : followed(signal);
}

function isEventTarget({ addEventListener, removeEventListener }: EventTarget): boolean {
  return [addEventListener, removeEventListener].every((method) => typeof method === 'function');
}

function followed(signal: AbortSignal): AbortSignal {
  const follower = new AbortController();
  const abort = () => follower.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return follower.signal;
}

/** What calls take that report no progress. */
export const signalOptions = specify<Pick<CallOptions, 'signal'>>()({ signal: optional(anAbortSignal) });

/** What every call that can take longer than a millisecond takes. */
export const callOptions = specify<CallOptions>()({
  ...signalOptions,
  onProgress: optional(aFunction<NonNullable<CallOptions['onProgress']>>),
});
