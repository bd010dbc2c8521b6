import { defineConfig } from 'tsdown';

const common = { outDir: 'dist', failOnWarn: true } as const;

export default defineConfig([
  { ...common, entry: { index: 'index.ts' }, platform: 'node', target: 'node20.19', format: 'esm', dts: true },
  // The script of a report's page, with all that it imports.
  {
    ...common,
    entry: { live: 'report/page/live.ts' },
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    noExternal: /./,
    minify: true,
    dts: false,
    tsconfig: 'report/page/tsconfig.json',
    outputOptions: { entryFileNames: '[name].js' },
    banner:
      '/*! Contains vega (BSD-3-Clause, University of Washington Interactive Data Lab) and d3 (ISC, Mike Bostock). */',
  },
]);
