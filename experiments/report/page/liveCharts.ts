/** What a page hands to its script, as JSON in the element "live-charts". */
export interface LiveCharts {
  /** Each table once, however many charts draw it. */
  readonly tables: Readonly<
    Record<string, { readonly columns: readonly string[]; readonly rows: readonly (readonly unknown[])[] }>
  >;
  readonly charts: readonly { readonly name: string; readonly table: string; readonly specification: object }[];
}
