import { DenseamError, Random } from 'denseam';
import { integer, rangeError } from '../../core/check.ts';
import { blockMask, type ImageSize, type Mask, randomMask } from './masks.ts';

/** Pictures of one size, a byte a pixel, as an IDX file holds them: shape count x height x width. */
export interface ImageFile {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** The two ways in which pixels go missing: scattered at random, or a square block. */
export const maskKinds = ['random', 'block'] as const;
export type MaskKind = (typeof maskKinds)[number];

export interface SampleSettings {
  /** Number of stored images, drawn from the file. */
  readonly items: number;
  /** Number of stored images that are recalled from their masked forms. */
  readonly queries: number;
  readonly seed: number;
  /** Share of pixels that the random mask hides. */
  readonly hiddenShare: number;
  /** Side of the block, in pixels, that the block mask hides. */
  readonly blockSide: number;
}

/** The stored images of an experiment, and their masks. */
export interface ImageSample {
  readonly size: ImageSize;
  /** Index in the file of each stored image. */
  readonly indices: Int32Array;
  /** The stored images, a byte a pixel. */
  readonly bytes: readonly Uint8Array[];
  /** The images with intensities in [0, 1]. */
  readonly images: readonly Float64Array[];
  /** The stored images in random order: what the masked images show. The first ones are the queries. */
  readonly targets: Int32Array;
  /** The masks, in the order of `targets`. */
  readonly masks: Readonly<Record<MaskKind, readonly Mask[]>>;
}

function imageSize({ shape, data }: ImageFile): ImageSize & { count: number } {
  const [count = 0, height = 0, width = 0] = shape;
  const pixels = shape.reduce((product, length) => product * length, 1);
  if (shape.length === 3 && pixels > 0 && data.length === pixels) return { count, height, width };
  const received = `${data.length} bytes of shape ${shape.join(' x ') || 'nothing'}`;
  throw new DenseamError('ERR_SHAPE', { argument: 'images', expected: 'shape count x height x width', received });
}

/** Checks that there are enough images, and that every mask leaves pixels. */
export function checkAgainstImages(
  settings: SampleSettings,
  { count, height, width }: ImageSize & { readonly count: number },
): void {
  integer('settings.items', settings.items, 2, count);
  if (Math.round(settings.hiddenShare * height * width) >= height * width) {
    const expected = `a share that leaves some of ${height} x ${width} pixels`;
    throw rangeError('settings.hiddenShare', expected, settings.hiddenShare);
  }
  integer('settings.blockSide', settings.blockSide, 0, Math.min(height, width) - 1);
}

/**
 * Draws the stored images, their order as queries and a mask of each kind for each, all of which follow from `seed` and
 * `items` alone.
 */
export function drawSample(file: ImageFile, settings: SampleSettings): ImageSample {
  const { count, ...size } = imageSize(file);
  checkAgainstImages(settings, { count, ...size });
  const { items, seed, hiddenShare, blockSide } = settings;
  const random = new Random(seed);
  const indices = random.sample(items, count);
  const targets = random.sample(items, items);
  const pixels = size.height * size.width;
  const bytes = Array.from(indices, (index) => file.data.slice(index * pixels, (index + 1) * pixels));
  const masks = Array.from(targets, () => ({
    random: randomMask(size, hiddenShare, random),
    block: blockMask(size, blockSide, random),
  }));
  return {
    size,
    indices,
    bytes,
    images: bytes.map((image) => Float64Array.from(image, (byte) => byte / 255)),
    targets,
    masks: { random: masks.map((mask) => mask.random), block: masks.map((mask) => mask.block) },
  };
}
