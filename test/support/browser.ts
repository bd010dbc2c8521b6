import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where Chromium and its kin are, by system. */
const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** A browser's path; undefined when there is none. */
export const browserPath = places.find((path) => existsSync(path));

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath as string });
}
