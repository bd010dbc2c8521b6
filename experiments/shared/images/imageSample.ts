import { DenseamError, Random } from 'denseam';
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
  /** How many images, drawn from the file, the memories store. */
  readonly items: number;
  /** How many of the stored images are recalled from what a mask leaves of them. */
  readonly queries: number;
  readonly seed: number;
  /** Share of pixels that the random mask hides. */
  readonly hiddenShare: number;
  /** Side of the block, in pixels, that the block mask hides. */
  readonly blockSide: number;
}

/** The images that an experiment stores, and how they are masked. */
export interface ImageSample {
  readonly size: ImageSize;
  /** How many images the file holds. */
  readonly available: number;
  /** Where in the file each stored image is. */
  readonly indices: Int32Array;
  /** The stored images, a byte a pixel. */
  readonly bytes: readonly Uint8Array[];
  /** The same with intensities in [0, 1]. */
  readonly images: readonly Float64Array[];
  /** The stored images in random order: what the masked images show. The first ones are the queries. */
  readonly targets: Int32Array;
  /** The masks, in the order of `targets`. */
  readonly masks: Readonly<Record<MaskKind, readonly Mask[]>>;
}

function requireCount(name: string, value: number, smallest: number, largest: number, meaning: string): void {
  if (Number.isInteger(value) && value >= smallest && value <= largest) return;
  const range = `an integer from ${smallest} to ${largest} (${meaning})`;
  throw new DenseamError('ERR_RANGE', { argument: name, expected: range, received: `${value}` });
}

function imageSize({ shape, data }: ImageFile): ImageSize & { count: number } {
  const [count = 0, height = 0, width = 0] = shape;
  const pixels = shape.reduce((product, length) => product * length, 1);
  if (shape.length === 3 && pixels > 0 && data.length === pixels) return { count, height, width };
  const received = `${data.length} bytes of shape ${shape.join(' x ') || 'nothing'}`;
  throw new DenseamError('ERR_SHAPE', { argument: 'images', expected: 'shape count x height x width', received });
}

/**
 * Draws the stored images, their order as queries and a mask of each kind for each, all of which follow from `seed` and
 * `items` alone.
 */
export function drawSample(file: ImageFile, settings: SampleSettings): ImageSample {
  const { count: available, ...size } = imageSize(file);
  const { items, queries, seed, hiddenShare, blockSide } = settings;
  requireCount('seed', seed, 0, Number.MAX_SAFE_INTEGER, 'what all random choices follow from');
  requireCount('items', items, 2, available, `the file holds ${available} images`);
  requireCount('queries', queries, 1, items, 'queries are stored items with pixels hidden');

  const random = new Random(seed);
  const indices = random.sample(items, available);
  const targets = random.sample(items, items);
  const pixels = size.height * size.width;
  const bytes = Array.from(indices, (index) => file.data.slice(index * pixels, (index + 1) * pixels));
  const masks = Array.from(targets, () => ({
    random: randomMask(size, hiddenShare, random),
    block: blockMask(size, blockSide, random),
  }));
  return {
    size,
    available,
    indices,
    bytes,
    images: bytes.map((image) => Float64Array.from(image, (byte) => byte / 255)),
    targets,
    masks: { random: masks.map((mask) => mask.random), block: masks.map((mask) => mask.block) },
  };
}
