/** An orthogonal matrix that stays on the native side, and a copy of its numbers, row-major. */
export interface NativeBasis {
  readonly handle: { readonly nativeBasis: never };
  readonly values: Float64Array;
}
