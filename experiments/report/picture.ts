import { encodePng } from './png.ts';

/** A small grey picture. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Pixels from 0 to 255, row-major. */
  readonly pixels: ArrayLike<number>;
  /** Mask of present (1) and missing (0) pixels. Default: all present. */
  readonly mask?: ArrayLike<number>;
}

/** The colour of missing pixels: one that grey pictures do not have. */
const missingColour = [0xb8, 0x3a, 0x7b] as const;

/** Red, green and blue of a pixel. */
export function pixelColour({ pixels, mask }: Pick<Picture, 'pixels' | 'mask'>, at: number): readonly number[] {
  const value = pixels[at] as number;
  return mask?.[at] === 0 ? missingColour : [value, value, value];
}

/** The picture as a PNG image within the page. */
export function dataUri(picture: Picture): string {
  const { width, height, pixels } = picture;
  const rgb = new Uint8Array(3 * pixels.length);
  for (let at = 0; at < pixels.length; at++) rgb.set(pixelColour(picture, at), 3 * at);
  return `data:image/png;base64,${encodePng(width, height, rgb).toString('base64')}`;
}
