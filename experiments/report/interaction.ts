// Interaction with a live chart besides tooltips: zoom, and selection of series.

interface Channel {
  readonly type?: string;
  readonly field?: unknown;
  readonly bin?: unknown;
  readonly legend?: unknown;
}

interface Encoding {
  readonly color?: Channel;
  readonly opacity?: Channel;
  readonly [channel: string]: Channel | undefined;
}

/** The part of a vega-lite specification that decides its size and its interaction. */
export interface Node {
  readonly mark?: string | { readonly type: string };
  readonly encoding?: Encoding;
  readonly layer?: readonly Node[];
  readonly concat?: readonly Node[];
  readonly hconcat?: readonly Node[];
  readonly vconcat?: readonly Node[];
  readonly spec?: Node;
  readonly params?: readonly object[];
}

export const arrangements = ['concat', 'hconcat', 'vconcat'] as const;
const facets = ['row', 'column', 'facet'] as const;

const isFaceted = ({ encoding }: Node) => facets.some((channel) => encoding?.[channel] !== undefined);

/** Whether this is one chart, which fits a width, not several side by side. */
export const isSingle = (node: Node) => !(node.spec || arrangements.some((name) => node[name]) || isFaceted(node));

/** Marks that must be seen from end to end. */
const solid = ['bar', 'rect', 'arc', 'area'];

/** The specification and all its nested layers. */
const layers = (node: Node): Node[] => [node, ...(node.layer ?? []).flatMap(layers)];

/** Whether zoom is useful: points or lines on two axes of numbers. */
function canZoom(node: Node): boolean {
  const nodes = layers(node);
  const channel = (name: string) => nodes.map(({ encoding }) => encoding?.[name]).find((each) => each?.type);
  const marks = nodes.map(({ mark }) => (typeof mark === 'string' ? mark : mark?.type));
  const isNumeric = (name: string) => channel(name)?.type === 'quantitative' && !channel(name)?.bin;
  return !marks.some((mark) => mark && solid.includes(mark)) && isNumeric('x') && isNumeric('y');
}

/** The field whose values a legend names, if they are names and not numbers. */
function legendField(node: Node): string | undefined {
  const colours = layers(node).flatMap(({ encoding }) => encoding?.color ?? []);
  const named = colours.find(({ type, legend }) => type === 'nominal' && legend !== null);
  return typeof named?.field === 'string' ? named.field : undefined;
}

/** Zoom by the wheel with a key, since the wheel alone scrolls the page. */
const zoom = {
  name: 'zoom',
  select: { type: 'interval', zoom: 'wheel![event.ctrlKey]' },
  bind: 'scales',
};

/** Every click adds a series or takes it away; where none is chosen, all are shown. */
const choice = (field: string) => ({
  name: 'chosen',
  select: { type: 'point', fields: [field], toggle: 'true' },
  bind: 'legend',
});

/** Unselected series are faint. */
const faded = { condition: { param: 'chosen', value: 1 }, value: 0.07 };

/** The first of layers takes the pointer, and the others follow, as they share its scales. */
function withParams(node: Node, params: readonly object[]): Node {
  const [first, ...others] = node.layer ?? [];
  return first ? { ...node, layer: [withParams(first, params), ...others] } : { ...node, params };
}

/**
 * Every mark whose colour is one of the legend's fades with its series; one that has an opacity of its own keeps it.
 */
function withFading(node: Node, field: string, inherited: Encoding = {}): Node {
  const encoding = { ...inherited, ...node.encoding };
  if (node.layer) return { ...node, layer: node.layer.map((layer) => withFading(layer, field, encoding)) };
  if (encoding.color?.field !== field || encoding.opacity !== undefined) return node;
  return { ...node, encoding: { ...node.encoding, opacity: faded as Channel } };
}

/**
 * The interactive chart and its help. Several charts side by side, and those with params of their own, are not
 * interactive.
 */
export function interactive(node: Node): { readonly node: Node; readonly help: readonly string[] } {
  if (!isSingle(node) || layers(node).some(({ params }) => params !== undefined)) return { node, help: [] };
  const field = legendField(node);
  const params = [...(canZoom(node) ? [zoom] : []), ...(field === undefined ? [] : [choice(field)])];
  if (params.length === 0) return { node, help: [] };
  const help = [
    ...(canZoom(node) ? ['Drag to move, turn the wheel with Ctrl to zoom, double-click to reset.'] : []),
    ...(field === undefined ? [] : ['Click names in the legend to see these alone; click again to undo it.']),
  ];
  const fading = field === undefined ? node : withFading(node, field);
  return { node: withParams(fading, params), help };
}
