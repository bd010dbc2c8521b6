import { greatest } from '../core/statistics.ts';
import type { ColumnKind, Columns, NativeColumns, ResultColumns } from '../native/addon.ts';
import { concatFloats, concatInts } from './parts.ts';

type NativeColumn = Float64Array | Int32Array | Uint8Array;

/** Joins the columns of the parts of a batch; codes become their words. */
export function concatColumns<C extends Columns>(columns: C, parts: readonly NativeColumns<C>[]): ResultColumns<C> {
  const joined = Object.entries(columns).map(([name, kind]) => [
    name,
    concatColumn(
      kind,
      parts.map((part) => part[name] as NativeColumn),
    ),
  ]);
  return Object.fromEntries(joined) as ResultColumns<C>;
}

function concatColumn(kind: ColumnKind, parts: readonly NativeColumn[]) {
  if (kind === 'float64') return concatFloats(parts as Float64Array[]);
  if (kind === 'int32') return concatInts(parts as Int32Array[]);
  return parts.flatMap((codes) => Array.from(codes, (code) => kind[code] as string));
}

/** The states of all parts after 0, 1, 2, ... iterations. A part that ended earlier keeps its last states. */
export function alignedSteps<T>(parts: readonly (readonly T[] | undefined)[]): T[][] {
  const trajectories = parts.flatMap((steps) => (steps ? [steps] : []));
  const length = greatest(trajectories.map((steps) => steps.length));
  return Array.from({ length }, (_, k) => trajectories.map((steps) => steps[Math.min(k, steps.length - 1)] as T));
}
