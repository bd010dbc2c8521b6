import { defaultLocale } from 'vega';

// vega's types leave it out.
declare module 'vega' {
  export function defaultLocale(): { format(specifier: string): (value: number) => string };
}

/**
 * What writes numbers as a d3 format says (".1e", ".0%"); without one, all their digits.
 *
 * @throws Error when the format is none.
 */
export function numberFormat(specifier: string | undefined): (value: number) => string {
  return specifier === undefined ? String : defaultLocale().format(specifier);
}
