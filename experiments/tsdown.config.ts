import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { index: 'index.ts' },
  outDir: 'dist',
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  dts: true,
  failOnWarn: true,
});
