import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DenseamError } from 'denseam';
import { drawLiveCharts } from './liveCharts.ts';

const { resolve } = createRequire(import.meta.url);

/**
 * vega's interpreter of expressions, with which a page needs no `eval`. It comes as a module alone; what it imports from vega-util is in
 * the browser's vega too.
 */
function interpreter(): string {
  const path = resolve('vega-interpreter');
  const source = readFileSync(path, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
  const body = source
    .replace(/^import (\{[\w, ]*\}) from 'vega-util';/m, 'const $1 = vega;')
    .replace(/^export \{ (\w+) as expressionInterpreter \};/m, 'vega.expressionInterpreter = $1;');
  if (/^(import|export)\b/m.test(body) || !body.includes('vega.expressionInterpreter')) {
    throw new DenseamError('ERR_RANGE', `Expected a module that imports vega-util alone but received another: ${path}`);
  }
  return `(() => {\n${body}\n})();`;
}

/** What a page needs to draw its charts live, in order. */
export function liveScripts(): string[] {
  const vega = readFileSync(join(dirname(resolve('vega')), 'vega.min.js'), 'utf8');
  return [vega, interpreter(), `(${drawLiveCharts})();`];
}
