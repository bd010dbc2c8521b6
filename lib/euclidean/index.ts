// The subpath denseam/euclidean.

export { EuclideanMemory } from './memory.ts';
