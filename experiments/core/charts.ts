/** Short forms for charts: channels (the role and appearance of a field), marks with channels, and panels of marks. */

/** A field on an axis, in a legend or over panels, as vega-lite has it. */
export interface Channel {
  readonly type?: string;
  readonly [property: string]: unknown;
}

/** A mark, layers of them, or panels, as vega-lite has them. */
export type Specification = Readonly<Record<string, unknown>>;

/** Further options of vega-lite's axes. */
interface Axis {
  readonly format?: string;
  readonly tickCount?: number;
  readonly tickMinStep?: number;
  readonly values?: readonly number[];
  readonly labels?: boolean;
  readonly ticks?: boolean;
  readonly labelAngle?: number;
  readonly labelOverlap?: boolean;
}

/** Numbers on an axis. */
export const quantity = (field: string, title: string | null, axis: Axis = {}, scale: object = {}): Channel => ({
  ...{ field, type: 'quantitative', scale },
  axis: { title, ...axis },
});

/** Positive numbers on a logarithmic axis. */
export const logarithmic = (field: string, title: string | null, axis: Axis = {}): Channel =>
  quantity(field, title, axis, { type: 'log' });

/** Shares from none to all. */
export const share = (field: string, title: string): Channel =>
  quantity(field, title, { format: '.0%' }, { domain: [0, 1] });

/** Names on an axis, in the order of the rows. */
export const category = (field: string, title: string | null, axis: Axis = {}): Channel => ({
  ...{ field, type: 'nominal', sort: null },
  axis: { title, ...axis },
});

/** Names that distinguish lines, in the order of the rows. */
export const series = (field: string, title: string | null, legend: object = {}): Channel => ({
  ...{ field, type: 'nominal', sort: null },
  legend: { title, symbolType: 'stroke', symbolSize: 400, ...legend },
});

/** Numbers that distinguish lines or points, from small to great. */
export const grades = (field: string, title: string): Channel => ({ field, type: 'ordinal', legend: { title } });

/** Numbers as shades of a colour. */
export const shades = (field: string, title: string, scale: object = {}): Channel => ({
  ...{ field, type: 'quantitative', scale },
  legend: { title },
});

/** Values with a panel each, in the order given or from small to great: panels do not know the order of the rows. */
export const panel = (field: string, title: string | null, order?: readonly string[]): Channel => ({
  ...{ field, type: 'nominal', sort: order },
  header: { title },
});

/** A style of points that hide what is under them. */
export const solidPoints = { filled: true, opacity: 1 } as const;

type Encoding = Readonly<Record<string, Channel>>;

const marks =
  (type: string, usual: object = {}) =>
  (encoding: Encoding, style: object = {}): Specification => ({ mark: { type, ...usual, ...style }, encoding });

export const points = marks('point');
export const bars = marks('bar');
export const rules = marks('rule');
export const heatMap = marks('rect');
const areas = marks('area', { opacity: 0.2 });
const plainLines = marks('line', { point: true });

interface Lines extends Encoding {
  readonly x: Channel;
  readonly y: Channel;
}

/** Colour distinguishes lines, and dashes do where `by` has names. */
const apart = (by: Channel): Encoding => (by.type === 'nominal' ? { color: by, strokeDash: by } : { color: by });

/** Lines with a point at every row, one for each value of `by`. */
export function lines({ by, ...encoding }: Lines & { readonly by?: Channel }, style: object = {}): Specification {
  return plainLines({ ...encoding, ...(by && apart(by)) }, style);
}

interface Spread {
  readonly x: Channel;
  readonly y: Channel;
  readonly by: Channel;
  /** The fields of the ends. */
  readonly lower: string;
  readonly upper: string;
}

/** Lines, with the range between two fields as a band or as a rule at every row. */
export function spreadLines(
  kind: 'band' | 'rules',
  { x, y, by, lower, upper }: Spread,
  style: object = {},
): Specification {
  const between = { y: { ...y, field: lower }, y2: { field: upper } };
  return layers({ x, color: by }, [
    kind === 'band' ? areas(between) : rules(between),
    plainLines({ y, strokeDash: by }, style),
  ]);
}

/** Marks over each other that share channels. */
export const layers = (encoding: Encoding, layer: readonly Specification[]): Specification => ({ encoding, layer });

interface Panels {
  readonly row?: Channel;
  readonly column?: Channel;
  /** Panels of this in rows of three. */
  readonly wrapped?: Channel;
  /** An axis whose range is every panel's own. */
  readonly independent?: 'x' | 'y';
}

/** The chart once for each value of a field or two. */
export function panels({ wrapped, independent, ...grid }: Panels, spec: Specification): Specification {
  return {
    ...(wrapped ? { facet: wrapped, columns: 3 } : { facet: grid }),
    spec,
    ...(independent && { resolve: { scale: { [independent]: 'independent' } } }),
  };
}

/** The chart of the rows for which a condition holds, vega-lite's predicate. */
export const rowsWhere = (filter: string | object, chart: Specification): Specification => ({
  transform: [{ filter }],
  ...chart,
});
