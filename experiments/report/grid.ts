import { escapeHtml } from './html.ts';
import { encodePng } from './png.ts';

/** A small grey picture, a byte a pixel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
  /** Which pixels are there (1) and which are missing (0); all, if left out. */
  readonly mask?: Uint8Array;
  /** What it shows, for those who do not see it. */
  readonly alt: string;
  /** Whether it is what was asked for; left out where the question does not arise. */
  readonly right?: boolean;
}

export interface PictureGrid {
  readonly caption: string;
  /** A line break in a heading shows as one. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Picture[])[];
}

/** The colour of missing pixels: one that grey pictures do not have. */
const missingColour = [0xb8, 0x3a, 0x7b] as const;

/** The picture as a PNG image within the page. */
export function dataUri({ width, height, pixels, mask }: Omit<Picture, 'alt'>): string {
  const rgb = new Uint8Array(3 * pixels.length);
  for (const [at, value] of pixels.entries()) {
    rgb.set(mask?.[at] === 0 ? missingColour : [value, value, value], 3 * at);
  }
  return `data:image/png;base64,${encodePng(width, height, rgb).toString('base64')}`;
}

function cell(picture: Picture): string {
  const image = `<img src="${dataUri(picture)}" width="${picture.width}" height="${picture.height}" alt="${escapeHtml(picture.alt)}">`;
  if (picture.right === undefined) return `<td>${image}</td>`;
  // The verdict is words and a sign, not colour alone.
  const [name, sign, word] = picture.right ? ['right', '✓', 'right'] : ['wrong', '✗', 'wrong'];
  return `<td class="${name}">${image}<span><b aria-hidden="true">${sign}</b> ${word}</span></td>`;
}

/** Pictures in rows and columns, each enlarged without smoothing. */
export function htmlGrid({ caption, columns, rows }: PictureGrid): string {
  const names = columns.map((name) => `<th scope="col">${escapeHtml(name)}</th>`);
  const body = rows.map((pictures) => `<tr>${pictures.map(cell).join('')}</tr>`);
  return `<table class="pictures">
<caption>${escapeHtml(caption)}</caption>
<thead><tr>${names.join('')}</tr></thead>
<tbody>${body.join('\n')}</tbody>
</table>`;
}
