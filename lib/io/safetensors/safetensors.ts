/**
 * Memories and models on disk: the safetensors format (an 8-byte little-endian header length, a JSON header, the data),
 * which Python's `safetensors` reads as well, with a checksum of denseam's own in the header's metadata.
 */
export type { Dtype, TensorInfo, TensorSpec } from './header.ts';
export { openSafetensors, type SafetensorsFile } from './read.ts';
export { type SafetensorsContent, type TensorChunk, writeSafetensors } from './write.ts';
