import { describe, shortened } from './describe.ts';
import { DenseamError } from './errors.ts';
import type { CallOptions } from './types.ts';
import { property, rangeError, reading, record, shapeError } from './validate.ts';

// The specification of a verb is a table of its options, each with its check, its default and its --help text. The
// checks and the options of the command line follow from the table; the type system compares it with the documented
// type of the verb's options.

/** Checks a value and returns the form that the verb works with; `name` is its name in errors. */
export type Check<Read> = (name: string, value: unknown) => Read;

/**
 * Form of an option on the command line: a number, several numbers with commas between them, an integer with a lower
 * bound, one of some words, or a flag.
 */
export type HelpKind =
  | 'number'
  | 'numbers'
  | 'flag'
  | { readonly integerFrom: number }
  | { readonly oneOf: readonly string[] };

/** The --help text of an option. */
export interface Help {
  readonly kind: HelpKind;
  /** Description of the option; for a flag that is on by default, the meaning of its absence. */
  readonly what: string;
  /** The default in words, where the fallback does not say it. */
  readonly byDefault?: string;
}

/** One option of any types. */
export interface AnyOption {
  readonly read: Check<unknown>;
  readonly isRequired: boolean;
  /** The value of an omitted option, if it is known beforehand. */
  readonly fallback?: unknown;
  /** The --help text; options without one are not on the command line. */
  readonly help?: Help;
}

/** One option: callers write `Given`, the verb works with `Read`. */
export interface Option<Given, Read> extends AnyOption {
  readonly read: Check<Read>;
  /** A property for the type system alone: it makes an option invariant in its type. */
  readonly given?: (value: Given) => Given;
}

/** The options of a verb by name. */
export type OptionTable = Readonly<Record<string, AnyOption>>;

/** The table of a type of options: all of them and no others. */
export type TableOf<Options> = { readonly [Name in keyof Options]-?: Option<Options[Name], unknown> };

/** Result of {@link readOptions} with a table. */
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
 * A required option. (`NoInfer`: the type that callers may write follows from the check, not from the place of the
 * option.)
 */
export function required<R, Given = R>(read: Check<R>): Option<NoInfer<Given>, R> {
  return { read, isRequired: true };
}

/** An optional option with the value `fallback` where it is omitted. */
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
 * Reads and checks each option exactly once and returns a new object. Unknown options are refused, so that a misspelt
 * one or one that the verb does not use never passes in silence.
 */
export function readOptions<Table extends OptionTable>(table: Table, value: unknown, name = 'options'): Read<Table> {
  const source = record(name, value, wanted(table));
  for (const key of reading(name, () => Object.keys(source))) {
    if (Object.hasOwn(table, key)) continue;
    const expected = `only ${Object.keys(table).sort().join(', ')}`;
    throw new DenseamError('ERR_RANGE', { argument: name, expected, received: `"${shortened(key)}"` });
  }
  const read = Object.entries(table).map(([key, option]) => [
    key,
    option.read(`${name}.${key}`, property(name, source, key)),
  ]);
  return Object.fromEntries(read) as Read<Table>;
}

/** Expected contents of an options object, in words. */
function wanted(table: OptionTable): string {
  const names = Object.keys(table).filter((key) => table[key]?.isRequired);
  return names.length === 0 ? 'an object' : `an object with ${names.join(' and ')}`;
}

/** No check: the verb checks the value itself, since it depends on others. */
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

/** A check for one of these words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Check<Word> {
  const quoted = words.map((word) => `"${word}"`);
  const others = quoted.slice(0, -1).join(', ');
  const expected = others ? `${others} or ${quoted.at(-1)}` : (quoted[0] as string);
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
 * An AbortSignal of any realm or library, recognised by its members. A signal that lacks members of later standards is
 * followed by one that has them.
 */
function anAbortSignal(name: string, value: unknown): AbortSignal {
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

/** Options of calls that report no progress. */
export const signalOptions = specify<Pick<CallOptions, 'signal'>>()({ signal: optional(anAbortSignal) });

/** Options of every call that can take longer than a millisecond. */
export const callOptions = specify<CallOptions>()({
  ...signalOptions,
  onProgress: optional(aFunction<NonNullable<CallOptions['onProgress']>>),
});
