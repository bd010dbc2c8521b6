/** Colours of a chart. */
export interface ChartColours {
  readonly ink: string;
  readonly faint: string;
  /** Colours of the series, in order, distinguishable for the colour-blind, too. */
  readonly series: readonly string[];
}

/** For charts within a page: its custom properties, so that one drawing serves light and dark. */
export const pageColours: ChartColours = {
  ink: 'var(--ink)',
  faint: 'var(--line)',
  series: [1, 2, 3, 4, 5, 6].map((series) => `var(--series-${series})`),
};

/** For charts in files of their own, on white: dark enough for everybody. */
export const fileColours: ChartColours = {
  ink: '#1c2127',
  faint: '#d5dae0',
  series: ['#0067b0', '#c04a00', '#00785a', '#7a3fb0', '#555f69', '#8a6d00'],
};

/** vega-lite's configuration of all charts. */
export function chartConfig({ ink, faint, series }: ChartColours) {
  return {
    font: 'system-ui, sans-serif',
    view: { stroke: null },
    axis: {
      labelColor: ink,
      titleColor: ink,
      gridColor: faint,
      domainColor: faint,
      tickColor: faint,
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: 'normal',
      labelLimit: 1200,
      labelFlush: false,
    },
    header: { labelColor: ink, titleColor: ink, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal' },
    legend: {
      labelColor: ink,
      titleColor: ink,
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: 'normal',
      labelLimit: 600,
    },
    title: { color: ink, fontSize: 13, anchor: 'start', offset: 12 },
    mark: { color: series[0] },
    rule: { color: ink },
    text: { color: ink },
    range: { category: series, ordinal: { scheme: 'viridis' }, ramp: { scheme: 'viridis' } },
  } as const;
}
