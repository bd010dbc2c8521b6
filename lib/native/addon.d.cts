/** What package.json says; a published one lists the packages that hold binaries. */
export const manifest: {
  readonly version: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

/** The addon's exports; undefined where there is no binary for this platform. */
export function requireAddon(): unknown;
