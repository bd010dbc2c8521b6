import { defineConfig } from 'tsdown';

/** Node finds the binary from where this file lies, which is not where programs are built. */
const addon = new URL('../lib/native/addon.cjs', import.meta.url).href;

/** For programs of the clone in TypeScript, built into out/ with all of lib/ that they use. */
export default defineConfig({
  platform: 'node',
  dts: false,
  logLevel: 'error',
  external: ['@vercel/nft', 'esbuild'],
  plugins: { name: 'addon', resolveId: (id) => (id === './addon.cjs' ? { id: addon, external: true } : undefined) },
});
