import { parse, type Spec, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** Rows that a specification draws, with their name in it. */
export interface ChartData {
  readonly name: string;
  readonly values: readonly object[];
  /** Titles of fields, for axes, legends and tooltips without their own. */
  readonly titles: ReadonlyMap<string, string>;
}

/** The part of a channel that its title needs. */
interface Channel {
  readonly field?: unknown;
  readonly aggregate?: unknown;
}

function channelTitle({ field, aggregate }: Channel, titles: ChartData['titles']): string {
  const title = field === undefined ? 'rows' : (titles.get(String(field)) ?? String(field));
  return typeof aggregate === 'string' ? `${aggregate} of ${title}` : title;
}

/** Compiles a vega-lite specification to a vega one. */
export function compileChart(specification: object, data?: ChartData): Spec {
  const full = { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', ...specification };
  const options = data && { fieldTitle: (channel: Channel) => channelTitle(channel, data.titles) };
  return compile(full as TopLevelSpec, options).spec;
}

/** The drawing of a vega-lite specification, as SVG. */
export async function drawSvg(specification: object, data?: ChartData): Promise<string> {
  const view = new View(parse(compileChart(specification, data)), { renderer: 'none' });
  // Copies, since vega marks the rows that it gets.
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
 * Gives a drawing unique ids. vega counts them over the life of a process, so a drawing would otherwise depend on
 * earlier ones, and on a page the paths of another could clip it.
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
