import { chartConfig, fileColours } from './chartStyle.ts';
import { type ChartData, drawSvg } from './drawing.ts';

// Charts for files: on white, in one style.

export const { series: colours, ink, faint } = fileColours;

const common = chartConfig(fileColours);
const config = { ...common, font: 'sans-serif', background: 'white', axis: { ...common.axis, labelFontSize: 11 } };

/** The drawing of a vega-lite specification, as SVG. */
export async function staticSvg(specification: object, data?: ChartData): Promise<string> {
  return `${await drawSvg({ padding: 10, config, ...specification }, data)}\n`;
}
