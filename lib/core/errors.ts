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
  /** The memory or model was closed. */
  | 'ERR_CLOSED'
  /** The result or the work space does not fit in memory. */
  | 'ERR_OUT_OF_MEMORY'
  /** The native part could not be loaded. */
  | 'ERR_NATIVE_LOAD';

/** Every error that denseam itself raises. The message names the argument, the index, what was expected and what came. */
export class DenseamError extends Error {
  override readonly name = 'DenseamError';
  /** What went wrong, stable across releases. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
