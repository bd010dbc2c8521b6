// A program without its node_modules: what a file tracer copies, and what a bundler makes of it.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nodeFileTrace } from '@vercel/nft';
import { build } from 'esbuild';

/** Copies the files that nft finds for the program, as serverless platforms do; returns the program's copy. */
export async function traceCopy(folder: string, program: string, target: string): Promise<string> {
  const { fileList } = await nodeFileTrace([join(folder, program)], { base: folder });
  for (const file of fileList) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    cpSync(join(folder, file), join(target, file));
  }
  return join(target, program);
}

/** What bundled CommonJS calls `require`, in an ES module. */
const requireBanner = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** Bundles the program with all that it imports into one file, the binary beside it; returns the file. */
export async function bundle(
  folder: string,
  program: string,
  format: 'esm' | 'cjs',
  target: string,
  loader: 'copy' | 'file' = 'copy',
): Promise<string> {
  const outfile = join(target, `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`);
  await build({
    entryPoints: [join(folder, program)],
    outfile,
    format,
    bundle: true,
    platform: 'node',
    loader: { '.node': loader },
    banner: format === 'esm' ? { js: requireBanner } : {},
    logLevel: 'error',
  });
  return outfile;
}

/** Bundles by `bun build`, for Node. */
export function bundleWithBun(bun: string, folder: string, name: string, target: string): string {
  const args = ['build', `${name}.mjs`, '--target=node', `--outdir=${target}`];
  execFileSync(bun, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  return join(target, `${name}.js`);
}
