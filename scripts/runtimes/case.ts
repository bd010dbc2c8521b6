/** A row of the table. */
export interface Case {
  readonly what: string;
  readonly runtime: string;
  readonly command: readonly string[];
  /** The whole standard output, or a pattern of it; undefined where the exit code says all. */
  readonly expected?: string | RegExp;
}
