import type { ResultPictures } from '../core/experiment.ts';
import { pixelColour } from './picture.ts';
import { encodePng } from './png.ts';

/** Pixels between pictures. */
const gap = 4;
/** A picture is enlarged, without smoothing, to about this many pixels. */
const side = 84;

/** Pictures in their grid as one PNG image, on white; captions are left to the page. */
export function picturesPng({ width, height, columns, images }: ResultPictures): Uint8Array {
  const scale = Math.max(1, Math.round(side / Math.max(width, height)));
  const pitch = { x: width * scale + gap, y: height * scale + gap };
  const across = Math.min(columns, images.length);
  const total = { width: across * pitch.x + gap, height: Math.ceil(images.length / columns) * pitch.y + gap };
  const rgb = new Uint8Array(3 * total.width * total.height).fill(255);
  for (const [at, image] of images.entries()) {
    const left = gap + (at % columns) * pitch.x;
    const top = gap + Math.floor(at / columns) * pitch.y;
    for (let y = 0; y < height * scale; y++) {
      for (let x = 0; x < width * scale; x++) {
        const pixel = Math.floor(y / scale) * width + Math.floor(x / scale);
        rgb.set(pixelColour(image, pixel), 3 * ((top + y) * total.width + left + x));
      }
    }
  }
  return encodePng(total.width, total.height, rgb);
}
