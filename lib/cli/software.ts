import packageJson from '../../package.json' with { type: 'json' };

/** The computing software, with versions. */
export async function software(): Promise<string> {
  const { native } = await import('../native/addon.ts');
  const platform = `${process.platform}-${process.arch}`;
  return `denseam ${packageJson.version}, Node.js ${process.version}, ${native.blas()}, ${platform}`;
}
