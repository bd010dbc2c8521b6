/** The stable codes of {@link DenseamError}. */
export type ErrorCode =
  /** An array has the wrong length or type, or two dimensions differ. */
  | 'ERR_SHAPE'
  /** A value is NaN or infinite. */
  | 'ERR_NOT_FINITE'
  /** A number or option lies outside what is allowed. */
  | 'ERR_RANGE'
  /** A covariance is asymmetric, indefinite, or singular where an inverse is needed. */
  | 'ERR_NOT_POSITIVE_DEFINITE'
  /** A transport problem was not solved to the tolerance within the iterations that it may take. */
  | 'ERR_NOT_CONVERGED'
  /** A file is truncated, altered, or not what it should be. */
  | 'ERR_CORRUPT_FILE'
  /** The input is valid, but of a kind that denseam does not read or compute. */
  | 'ERR_UNSUPPORTED'
  /** A package or data set that is not part of denseam is missing. */
  | 'ERR_NOT_INSTALLED'
  /** The memory or model was closed. */
  | 'ERR_CLOSED'
  /** The result or the work space does not fit in memory. */
  | 'ERR_OUT_OF_MEMORY'
  /** The native part could not be loaded. */
  | 'ERR_NATIVE_LOAD';

/** What an error with a message of its own tells apart from it. */
export interface ErrorDetails extends ErrorOptions {
  readonly argument?: string | undefined;
  readonly expected?: string | undefined;
  readonly received?: string | undefined;
}

/** What an error is about. Its message follows from it: "Expected X for Y but received Z". */
export type Fault = {
  /** Which argument, option or part of one is at fault. */
  readonly argument: string;
  /** What it should have been. */
  readonly expected: string;
  /** What helps. */
  readonly hint?: string | undefined;
} & (
  | {
      /** What it was. */
      readonly received: string;
    }
  | {
      /** What it was, as a clause: "their sum is 1.5". The message then is "Expected X for Y but their sum is 1.5". */
      readonly found: string;
    }
);

/** Marks the errors of every copy of this package, whichever realm or module system it was loaded in. */
const brand = Symbol.for('denseam.DenseamError');

/**
 * Every error that denseam itself raises. The message names the argument, the index, what was expected and what came.
 * Errors of another copy of the package (its CommonJS beside its ES modules, or that of another realm) are instances of
 * this class, too.
 */
export class DenseamError extends Error {
  override readonly name = 'DenseamError';
  /** What went wrong, stable across releases. */
  readonly code: ErrorCode;
  /** Which argument, option or part of one is at fault, as the message calls it: `options.beta`, `items.means[3]`. */
  readonly argument: string | undefined;
  /** What it should have been, in words. */
  readonly expected: string | undefined;
  /** What it was, in words. */
  readonly received: string | undefined;

  /** Undefined where the message does not follow from the properties. */
  readonly #fault: Fault | undefined;

  constructor(code: ErrorCode, fault: Fault | string, options: ErrorDetails = {}) {
    super(typeof fault === 'string' ? fault : messageOf(fault), options);
    this.code = code;
    this.#fault = typeof fault === 'string' ? undefined : fault;
    const { argument, expected, received } = typeof fault === 'string' ? options : detailsOf(fault);
    this.argument = argument;
    this.expected = expected;
    this.received = received;
  }

  /**
   * The error under the name that its argument has elsewhere: for who passed on as `options.beta` what is `--beta` to
   * others. The message has the new name, too, unless it does not follow from `expected` and `received`.
   */
  withArgument(argument: string): DenseamError {
    const { code, message, expected, received } = this;
    if (this.#fault) return new DenseamError(code, { ...this.#fault, argument }, { cause: this });
    return new DenseamError(code, message, { argument, expected, received, cause: this });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // Subclasses inherit this method, and have only instances of their own.
    // biome-ignore lint/complexity/noThisInStatic: `this` is the class that was asked, here or a subclass.
    if (this !== DenseamError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && brand in value;
  }
}

function detailsOf(fault: Fault): ErrorDetails {
  return { ...fault, received: 'found' in fault ? fault.found : fault.received };
}

function messageOf(fault: Fault): string {
  const { argument, expected, hint } = fault;
  const what = 'found' in fault ? fault.found : `received ${fault.received}`;
  return `Expected ${expected} for ${argument} but ${what}${hint === undefined ? '' : `; ${hint}`}`;
}

Object.defineProperty(DenseamError.prototype, brand, { value: true });
