import { describe } from '../core/describe.ts';
import { checkedElements, isArray, reading, shapeError } from '../core/validate.ts';

/** Maximum number of axes, as in numpy. */
export const MOST_AXES = 64;

const MOST_AXES_SHOWN = 8;

/** The extents of a caller's shape, each read once; `elementCount` checks that they are integers. */
export function extentsOf(name: string, shape: unknown): number[] {
  if (!isArray(shape)) throw shapeError(name, 'an array of whole numbers', describe(shape));
  const axes = reading(name, () => shape.length);
  if (axes > MOST_AXES) throw shapeError(name, `at most ${MOST_AXES} axes`, String(axes));
  return checkedElements(name, shape, (_, extent) => extent as number);
}

/** A shape in words, whatever is in it. */
export function shapeWords(shape: readonly unknown[]): string {
  const first = shape
    .slice(0, MOST_AXES_SHOWN)
    .map((extent) => (typeof extent === 'number' ? extent : describe(extent)));
  return [...first, ...(shape.length > MOST_AXES_SHOWN ? ['...'] : [])].join(', ');
}

/** The index in each axis of the number at a row-major position. */
export function indicesOf(position: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  let rest = position;
  for (const extent of [...shape].reverse()) {
    indices.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return indices;
}
