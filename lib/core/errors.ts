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
  /** A package that is not part of denseam is missing. */
  | 'ERR_NOT_INSTALLED'
  /** The memory or model was closed. */
  | 'ERR_CLOSED'
  /** The result or the work space does not fit in memory. */
  | 'ERR_OUT_OF_MEMORY'
  /** The native part could not be loaded. */
  | 'ERR_NATIVE_LOAD';

/** What an error tells apart from its message. */
export interface ErrorDetails extends ErrorOptions {
  readonly argument?: string | undefined;
  readonly expected?: string | undefined;
  readonly received?: string | undefined;
}

/** Marks the errors of every copy of this package, whichever realm or module system it was loaded in. */
const brand = Symbol.for('denseam.DenseamError');

/**
 * Every error that denseam itself raises. The message names the argument, the index, what was expected and what came. Errors of another
 * copy of the package (its CommonJS beside its ES modules, or that of another realm) are instances of this class, too.
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

  constructor(code: ErrorCode, message: string, options: ErrorDetails = {}) {
    super(message, options);
    this.code = code;
    const details = { ...detailsOf(message), ...options };
    this.argument = details.argument;
    this.expected = details.expected;
    this.received = details.received;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // Subclasses inherit this method, and have only instances of their own.
    // biome-ignore lint/complexity/noThisInStatic: `this` is the class that was asked, here or a subclass.
    if (this !== DenseamError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** What a message in the usual wording says, those of the native side too. */
function detailsOf(message: string): ErrorDetails {
  const [, expected, argument, received] = /^Expected (.+?) for (.+?) but (?:received )?(.+)$/s.exec(message) ?? [];
  return { expected, argument, received };
}

Object.defineProperty(DenseamError.prototype, brand, { value: true });
