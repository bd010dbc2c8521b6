import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { experimentFiles } from '../../../experiments/report/experimentFiles.ts';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { described, exampleResult, hostile, run, settings } from './experimentResult.ts';

/** Where a person can look at what the browser showed. */
const shots = join('out', 'report');
const folder = mkdtempSync(join(tmpdir(), 'denseam-report-'));
const page = join(folder, 'index.html');

/** A page in the browser, and what it complained of or asked for. */
interface Opened {
  readonly tab: Page;
  readonly complaints: string[];
  readonly requests: string[];
}

let browser: Browser;

async function open(path: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const tab = await browser.newPage({ viewport: { width: 1100, height: 900 }, ...options });
  tab.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  const requests: string[] = [];
  tab.on('console', (message) => complaints.push(message.text()));
  tab.on('pageerror', (error) => complaints.push(String(error)));
  tab.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  tab.on('request', (request) => requests.push(request.url()));
  await tab.goto(pathToFileURL(path).href);
  return { tab, complaints, requests };
}

const liveFigures = (tab: Page, count: number) =>
  expect.poll(() => tab.locator('figure.is-live .live svg').count(), { timeout: 10_000 }).toBe(count);

const colour = (tab: Page, selector: string, property: string) =>
  tab.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).getPropertyValue('${property}')`);

// Says itself why when there is no browser to test with.
const suite = browserPath
  ? 'the page in a browser'
  : 'the page in a browser: no Chromium found (npm run setup -- --test)';

describe.skipIf(!browserPath)(suite, () => {
  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    await experimentFiles(folder, described, settings, exampleResult(), run);
    browser = await launchBrowser();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('draws every chart live, complains of nothing and fetches nothing', async () => {
    const { tab, complaints, requests } = await open(page);
    await liveFigures(tab, 3);
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([pathToFileURL(page).href]);
    // The live chart has the still one's place, and its width.
    for (const name of ['curves', 'best', 'clouds']) {
      expect(await tab.isVisible(`#chart-${name} .live svg`)).toBe(true);
      expect(await tab.isVisible(`#chart-${name} .still`)).toBe(false);
    }
    const widths = await tab.$$eval('#chart-curves, #chart-curves .live svg', (all) =>
      all.map((element) => element.getBoundingClientRect().width),
    );
    expect(Math.abs((widths[0] ?? 0) - (widths[1] ?? 0))).toBeLessThan(1);
    await tab.screenshot({ path: join(shots, 'light.png'), fullPage: true });
    await tab.close();
  });

  it('names the values under the pointer', async () => {
    const { tab, complaints } = await open(page);
    await liveFigures(tab, 3);
    await tab.hover('#chart-best .live .mark-rect.role-mark path >> nth=0');
    await tab.waitForSelector('.tip:not([hidden])');
    expect(await tab.textContent('.tip')).toBe('the share: 97%method: transport');
    await tab.mouse.move(2, 2);
    await tab.waitForSelector('.tip', { state: 'hidden' });
    expect(complaints).toEqual([]);
    await tab.close();
  });

  it('zooms with Ctrl and the wheel, scrolls with the wheel alone, and resets', async () => {
    const { tab, complaints } = await open(page);
    await liveFigures(tab, 3);
    const labels = () =>
      tab.$$eval('#chart-curves .live .role-axis-label text', (all) => all.map((e) => e.textContent).sort());
    const before = await labels();
    const plot = await tab.locator('#chart-curves .live svg').boundingBox();
    await tab.mouse.move((plot?.x ?? 0) + 200, (plot?.y ?? 0) + 150);
    await tab.mouse.wheel(0, 100);
    await expect.poll(() => tab.evaluate('window.scrollY')).toBeGreaterThan(0);
    expect(await labels()).toEqual(before);
    await tab.evaluate('window.scrollTo(0, 0)');
    await tab.keyboard.down('Control');
    await tab.mouse.wheel(0, -400);
    await tab.keyboard.up('Control');
    await expect.poll(labels).not.toEqual(before);
    await tab.mouse.dblclick((plot?.x ?? 0) + 200, (plot?.y ?? 0) + 150);
    await expect.poll(labels).toEqual(before);
    expect(complaints).toEqual([]);
    await tab.close();
  });

  it('shows a series alone when its name in the legend is clicked, and all again at a second click', async () => {
    const { tab, complaints } = await open(page);
    await liveFigures(tab, 3);
    expect(await tab.textContent('#chart-curves .note')).toContain('Click names in the legend');
    expect(await tab.textContent('#chart-best .note')).not.toContain('legend');
    const opacities = () =>
      tab.$$eval('#chart-curves .live .mark-line.role-mark path', (all) =>
        all.map((line) => line.getAttribute('opacity') ?? '1').sort(),
      );
    expect(new Set(await opacities())).toEqual(new Set(['1']));
    const entry = '#chart-curves .live .role-legend-label text >> nth=1';
    await tab.click(entry);
    await expect.poll(async () => (await opacities()).filter((value) => value === '1').length).toBe(1);
    expect((await opacities()).filter((value) => value === '0.07')).toHaveLength(5);
    await tab.screenshot({ path: join(shots, 'alone.png') });
    await tab.click(entry);
    await expect.poll(async () => new Set(await opacities()).size).toBe(1);
    expect(complaints).toEqual([]);
    await tab.close();
  });

  it('is dark to those who want it, live charts included', async () => {
    const { tab } = await open(page, { colorScheme: 'dark' });
    await liveFigures(tab, 3);
    expect(await colour(tab, 'body', 'background-color')).toBe('rgb(20, 24, 29)');
    expect(await colour(tab, '#chart-curves .live .role-axis-label text', 'fill')).toBe('rgb(229, 233, 238)');
    expect(await colour(tab, '#chart-best .live .mark-rect.role-mark path', 'fill')).toBe('rgb(92, 182, 245)');
    await tab.screenshot({ path: join(shots, 'dark.png'), fullPage: true });
    await tab.close();
  });

  it('prints the still charts on white, whole', async () => {
    const { tab } = await open(page, { colorScheme: 'dark' });
    await liveFigures(tab, 3);
    await tab.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await colour(tab, 'body', 'background-color')).toBe('rgb(255, 255, 255)');
    for (const name of ['curves', 'best', 'clouds']) {
      expect(await tab.isVisible(`#chart-${name} .still svg`)).toBe(true);
      expect(await tab.isVisible(`#chart-${name} .live`)).toBe(false);
    }
    expect(await colour(tab, 'figure', 'break-inside')).toBe('avoid');
    await tab.screenshot({ path: join(shots, 'print.png'), fullPage: true });
    await tab.pdf({ path: join(shots, 'print.pdf'), format: 'A4', preferCSSPageSize: true });
    await tab.close();
  });

  it('is whole without scripts, and fits a phone', async () => {
    const { tab } = await open(page, { javaScriptEnabled: false, viewport: { width: 360, height: 700 } });
    for (const name of ['curves', 'best', 'clouds']) {
      expect(await tab.isVisible(`#chart-${name} .still svg`)).toBe(true);
    }
    await tab.close();
    const phone = await open(page, { viewport: { width: 360, height: 700 } });
    await liveFigures(phone.tab, 3);
    expect(await phone.tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await phone.tab.screenshot({ path: join(shots, 'phone.png'), fullPage: true });
    await phone.tab.close();
  });

  it('runs no script that strings of a result bring along', async () => {
    const result = exampleResult();
    const [chart] = result.charts;
    const [table] = result.tables;
    const [finding] = result.findings;
    const bad = {
      findings: [{ ...finding, what: hostile, published: hostile, ours: hostile, why: hostile, verdict: 'reproduced' }],
      tables: [{ ...table, title: hostile, columns: [{ name: 'a', title: hostile }], rows: [[hostile], ['b']] }],
      charts: [
        {
          ...chart,
          title: hostile,
          description: hostile,
          table: table?.name,
          specification: { mark: 'tick', encoding: { x: { field: 'a', type: 'nominal', axis: { title: hostile } } } },
        },
      ],
      pictures: result.pictures.map((each) => ({ ...each, title: hostile, description: hostile })),
    } as unknown as typeof result;
    const at = join(folder, 'hostile');
    const who = { ...described, title: hostile, summary: hostile, source: hostile };
    await experimentFiles(at, who, { ...settings, mode: hostile }, bad, {
      ...run,
      command: hostile,
      software: hostile,
    });
    const { tab, complaints, requests } = await open(join(at, 'index.html'));
    await liveFigures(tab, 1);
    expect(await tab.title()).toBe(hostile);
    expect(await tab.$$eval('script', (all) => all.length)).toBe(2);
    expect(await tab.$$eval('img[onerror]', (all) => all.length)).toBe(0);
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('data:'))).toHaveLength(1);
    await tab.close();
  });

  it('is kept from running what it did not come with', async () => {
    const { tab, complaints } = await open(page);
    await liveFigures(tab, 3);
    await tab.evaluate(`{
      const script = document.createElement('script');
      script.textContent = 'document.title = "changed"';
      document.body.append(script);
    }`);
    expect(await tab.title()).toBe(described.title);
    expect(complaints.join()).toContain('Content Security Policy');
    await tab.close();
  });
});
