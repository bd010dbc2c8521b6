// The subpath denseam/io.

export {
  type GaussianArrays,
  gaussiansFrom,
  type ReadGaussiansOptions,
  readGaussians,
  type ShapedArray,
  type SpreadKind,
} from './gaussians.ts';
export { type IdxArray, readIdx } from './idx.ts';
export { type HalfArray, type IntegerArray, type NumberArray, toFloats } from './numbers.ts';
export type { BigNpyArray, NpyArray, NpyArrayTypes } from './numpy/decoder.ts';
export { type NpyData, type ReadNpyOptions, readNpy } from './numpy/npy.ts';
export { type ReadNpzOptions, readNpz } from './numpy/npz.ts';
export { type NamedArray, writeNpz } from './numpy/writeNpz.ts';
export type { FilePath } from './path.ts';
export type { Word2GaussParameters } from './word2gauss/parameters.ts';
export {
  type ReadWord2GaussOptions,
  readWord2Gauss,
  type Word2GaussModel,
  type Word2GaussPart,
} from './word2gauss/word2gauss.ts';
