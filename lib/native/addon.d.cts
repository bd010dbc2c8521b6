/** The addon's exports; undefined where the package holds no binary for this platform. */
export function requireAddon(): unknown;
