import { parse, type Spec, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** Rows that a specification draws, under the name by which it refers to them. */
export interface ChartData {
  readonly name: string;
  readonly values: readonly object[];
  /** What people call a field, for axes, legends and tooltips that are given no title. */
  readonly titles: ReadonlyMap<string, string>;
}

/** As much of a channel as its title takes. */
interface Channel {
  readonly field?: unknown;
  readonly aggregate?: unknown;
}

function channelTitle({ field, aggregate }: Channel, titles: ChartData['titles']): string {
  const title = field === undefined ? 'rows' : (titles.get(String(field)) ?? String(field));
  return typeof aggregate === 'string' ? `${aggregate} of ${title}` : title;
}

/** The vega specification that a vega-lite one stands for. */
export function compileChart(specification: object, data?: ChartData): Spec {
  const full = { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', ...specification };
  const options = data && { fieldTitle: (channel: Channel) => channelTitle(channel, data.titles) };
  return compile(full as TopLevelSpec, options).spec;
}

/** The drawing of a vega-lite specification, as SVG. */
export async function drawSvg(specification: object, data?: ChartData): Promise<string> {
  const view = new View(parse(compileChart(specification, data)), { renderer: 'none' });
  // vega marks the rows that it is given as its own: let it have copies.
  if (data)
    view.data(
      data.name,
      data.values.map((row) => ({ ...row })),
    );
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

/**
 * Gives a drawing ids of its own. vega counts them over the life of a process: without this a drawing would
 * depend on those before it, and on a page it would be clipped by the paths of another.
 */
export function withOwnIds(svg: string, prefix: string): string {
  const names = new Map<string, string>();
  const renamed = (id: string) => {
    const name = names.get(id) ?? `${prefix}-${names.size + 1}`;
    names.set(id, name);
    return name;
  };
  return svg
    .replace(/ id="(clip\d+|gradient_\d+)"/g, (_, id: string) => ` id="${renamed(id)}"`)
    .replace(/url\(#(clip\d+|gradient_\d+)\)/g, (_, id: string) => `url(#${renamed(id)})`);
}
