import { defaultLocale } from 'vega';

// Declared here, since vega's types lack it.
declare module 'vega' {
  export function defaultLocale(): { format(specifier: string): (value: number) => string };
}

/**
 * Formatter of numbers by a d3 format (".1e", ".0%"); without one, all their digits.
 *
 * @throws Error for an invalid format.
 */
export function numberFormat(specifier: string | undefined): (value: number) => string {
  return specifier === undefined ? String : defaultLocale().format(specifier);
}
