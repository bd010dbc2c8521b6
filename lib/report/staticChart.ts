import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

// Charts for files: on white, in one style.

/** Dark enough on white for everybody, and apart for the colour-blind. */
export const colours = ['#0067b0', '#c04a00', '#00785a', '#7a3fb0', '#555f69', '#8a6d00'];
export const ink = '#1c2127';
export const faint = '#d5dae0';

const config = {
  font: 'sans-serif',
  background: 'white',
  view: { stroke: null },
  axis: {
    labelColor: ink,
    titleColor: ink,
    gridColor: faint,
    domainColor: faint,
    tickColor: faint,
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    labelLimit: 1200,
    labelFlush: false,
  },
  legend: { labelFontSize: 12, titleFontSize: 12, labelColor: ink, labelLimit: 600 },
  title: { fontSize: 13, color: ink, anchor: 'start', offset: 12 },
} as const;

/** The drawing of a vega-lite specification, as SVG. */
export async function staticSvg(specification: object): Promise<string> {
  const full = { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', padding: 10, config, ...specification };
  const view = new View(parse(compile(full as TopLevelSpec).spec), { renderer: 'none' });
  const drawing = await view.toSVG();
  view.finalize();
  return `${drawing}\n`;
}
