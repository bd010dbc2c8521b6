import { createHash } from 'node:crypto';
import { escapeHtml, scriptText } from './html.ts';

export interface Section {
  readonly heading: string;
  /** HTML. */
  readonly body: string;
}

export interface Page {
  readonly title: string;
  /** HTML: introduction in a few sentences. */
  readonly lead: string;
  readonly sections: readonly Section[];
  /** JavaScript that runs after the page has loaded. */
  readonly script?: string;
}

/** Colours pass WCAG AA against the background in both schemes; the series' are apart for the colour-blind too. */
const style = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2127; --soft: #58616b; --line: #d5dae0; --wash: #f4f6f8;
  --series-1: #0067b0; --series-2: #c04a00; --series-3: #00785a; --series-4: #7a3fb0; --series-5: #555f69; --series-6: #8a6d00;
  --right: #00785a; --wrong: #b3261e; }
@media screen and (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e5e9ee; --soft: #a3adb8; --line: #39424c;
  --wash: #1d232a; --series-1: #5cb6f5; --series-2: #f59a55; --series-3: #46c7a0; --series-4: #c79bf0; --series-5: #a3adb8;
  --series-6: #d9bd4a; --right: #46c7a0; --wrong: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem; }
p, ul { max-width: 46rem; }
p.note { color: var(--soft); font-size: .9rem; }
figure { margin: 0; }
figcaption, caption { font-weight: 600; text-align: left; padding: .25rem 0 .5rem; }
.chart svg { display: block; width: 100%; height: auto; }
.chart .live, .is-live .still { display: none; }
.is-live .live { display: block; }
.is-live span.live { display: inline; }
.panels .still, .panels .live { overflow-x: auto; }
.panels svg { width: auto; }
section > .chart { margin: 0 0 2rem; }
.tip { position: fixed; z-index: 1; max-width: 24rem; padding: .3rem .6rem; background: var(--paper); border: 1px solid var(--soft);
  border-radius: 4px; font-size: .85rem; pointer-events: none; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; }
.figures { font-variant-numeric: tabular-nums; font-size: .92rem; }
.figures th, .figures td { padding: .2rem .6rem; text-align: right; white-space: nowrap; }
.figures th:first-child { text-align: left; }
.figures thead th { color: var(--soft); font-weight: 600; white-space: normal; vertical-align: bottom; }
.figures tbody th { font-weight: normal; }
.figures tbody tr { border-top: 1px solid var(--line); }
.figures .words { text-align: left; }
.findings { margin-top: .5rem; }
.findings th, .findings td { padding: .4rem .8rem .4rem 0; text-align: left; vertical-align: top; font-size: .92rem; min-width: 8rem; }
.findings thead th { color: var(--soft); }
.findings tbody tr { border-top: 1px solid var(--line); }
.findings tbody th { font-weight: normal; }
.verdict { white-space: nowrap; }
.gallery { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 5rem)); gap: .4rem; max-width: none; padding: 0; list-style: none; }
.gallery li { text-align: center; font-size: .8rem; overflow-wrap: anywhere; }
.gallery img { display: block; width: 100%; height: auto; image-rendering: pixelated; }
.right { color: var(--right); } .wrong { color: var(--wrong); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; font-size: .92rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
pre { background: var(--wash); padding: .6rem .8rem; overflow-x: auto; }
a { color: var(--series-1); }
:focus-visible { outline: 2px solid var(--series-1); outline-offset: 2px; }
@page { margin: 1.5cm; }
@media print { :root { color-scheme: light; } main { max-width: none; padding: 0; } .is-live .live, .on-screen, .tip { display: none; }
  .is-live .still { display: block; } .scroll { overflow: visible; } pre { white-space: pre-wrap; }
  figure, tr, dl, pre { break-inside: avoid; } h2, caption, figcaption { break-after: avoid; } .chart svg { max-width: 100%; max-height: 20cm; }
  * { print-color-adjust: exact; } }
`;

/** Names and values, as a definition list. */
export function htmlDefinitions(entries: readonly (readonly [name: string, value: string])[]): string {
  return `<dl>${entries.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>`;
}

/** Content security policy of the page: it runs only this script and fetches nothing. */
function policy(script: string | undefined): string {
  const allowed = script === undefined ? "'none'" : `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
  return `default-src 'none'; script-src ${allowed}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
}

/** A self-contained page with its style, script, drawings and pictures. */
export function htmlPage({ title, lead, sections, script }: Page): string {
  const body = sections.map(({ heading, body }) => `<section>\n<h2>${escapeHtml(heading)}</h2>\n${body}\n</section>`);
  const text = script === undefined ? undefined : scriptText(script);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(text)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${lead}
${body.join('\n')}
</main>
${text === undefined ? '' : `<script>${text}</script>\n`}</body>
</html>
`;
}
