import type { Random } from 'denseam';

/** Height and width of an image, in pixels. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** Mask of an image's pixels: 1 present, 0 missing; row-major, height x width. */
export type Mask = Uint8Array;

/** Every pixel present. */
export function fullMask({ height, width }: ImageSize): Mask {
  return new Uint8Array(height * width).fill(1);
}

/** Exactly `round(share x pixels)` pixels missing, each set of pixels equally likely. */
export function randomMask(size: ImageSize, share: number, random: Random): Mask {
  const mask = fullMask(size);
  for (const pixel of random.sample(Math.round(share * mask.length), mask.length)) mask[pixel] = 0;
  return mask;
}

/** A square block of pixels missing, anywhere within the image (a side longer than the image's is cut to fit). */
export function blockMask(size: ImageSize, side: number, random: Random): Mask {
  const rows = Math.min(side, size.height);
  const columns = Math.min(side, size.width);
  const top = random.integer(size.height - rows + 1);
  const left = random.integer(size.width - columns + 1);
  const mask = fullMask(size);
  for (let row = top; row < top + rows; row++) {
    mask.fill(0, row * size.width + left, row * size.width + left + columns);
  }
  return mask;
}

/** The image with its missing pixels set to zero, for a memory of raw pixels. */
export function applyMask(image: Float64Array, mask: Mask): Float64Array {
  return image.map((intensity, pixel) => (mask[pixel] ? intensity : 0));
}
