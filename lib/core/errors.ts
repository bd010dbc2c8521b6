/** The stable codes of {@link DenseamError}. */
export type ErrorCode =
  /** An array has the wrong length or type, or two dimensions differ. */
  | 'ERR_SHAPE'
  /** A value is NaN or infinite. */
  | 'ERR_NOT_FINITE'
  /** A number or option lies outside its allowed range. */
  | 'ERR_RANGE'
  /** A covariance is asymmetric, indefinite, or singular where an inverse is needed. */
  | 'ERR_NOT_POSITIVE_DEFINITE'
  /** A transport problem was not solved to the tolerance within the allowed iterations. */
  | 'ERR_NOT_CONVERGED'
  /** A file is truncated, altered, or not of the expected kind. */
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

/** Details of an error with a message of its own. */
export interface ErrorDetails extends ErrorOptions {
  readonly argument?: string | undefined;
  readonly expected?: string | undefined;
  readonly received?: string | undefined;
}

/** The fault behind an error. The message follows from it: "Expected X for Y but received Z". */
export type Fault = {
  /** The argument, option or part of one at fault. */
  readonly argument: string;
  /** The expected value, in words. */
  readonly expected: string;
  /** Advice to the caller. */
  readonly hint?: string | undefined;
} & (
  | {
      /** The received value, in words. */
      readonly received: string;
    }
  | {
      /**
       * The received value as a clause: "their sum is 1.5". The message then is "Expected X for Y but their sum is
       * 1.5".
       */
      readonly found: string;
    }
);

/** Mark on the errors of every copy of this package, in any realm and module system. */
const brand = Symbol.for('denseam.DenseamError');

/**
 * Every error that denseam itself raises. The message names the argument, the index, the expected and the received
 * value. Errors of another copy of the package (CommonJS beside ES modules, or another realm) are instances of this
 * class, too.
 */
export class DenseamError extends Error {
  override readonly name = 'DenseamError';
  /** Kind of the error, stable across releases. */
  readonly code: ErrorCode;
  /** The argument, option or part of one at fault, named as in the message: `options.beta`, `items.means[3]`. */
  readonly argument: string | undefined;
  /** The expected value, in words. */
  readonly expected: string | undefined;
  /** The received value, in words. */
  readonly received: string | undefined;

  /** The fault; undefined where the message does not follow from one. */
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
   * This error with its argument renamed, for a caller that passed on its own `--beta` as `options.beta`. The message
   * has the new name, too, if it follows from `expected` and `received`.
   */
  withArgument(argument: string): DenseamError {
    const { code, message, expected, received } = this;
    if (this.#fault) return new DenseamError(code, { ...this.#fault, argument }, { cause: this });
    return new DenseamError(code, message, { argument, expected, received, cause: this });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // Subclasses inherit this method; only their own instances are theirs.
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
