/** Data of a page for its script, as JSON in the element "live-charts". */
export interface LiveCharts {
  /** Tables, each of them once for all its charts. */
  readonly tables: Readonly<
    Record<string, { readonly columns: readonly string[]; readonly rows: readonly (readonly unknown[])[] }>
  >;
  readonly charts: readonly { readonly name: string; readonly table: string; readonly specification: object }[];
}
