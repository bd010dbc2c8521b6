const isPlain = (value: unknown) => value === null || typeof value !== 'object';

/**
 * JSON with a line for every field, but lists of plain values on one line: people can read it and compare two of them
 * by line.
 */
export function jsonText(value: unknown, indent = ''): string {
  if (isPlain(value) || (Array.isArray(value) && value.every(isPlain))) return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const fields = Object.entries(value as object).filter(([, each]) => each !== undefined);
  if (fields.length === 0) return `${open}${close}`;
  const deeper = `${indent}  `;
  const lines = fields.map(([name, each]) => {
    const head = Array.isArray(value) ? '' : `${JSON.stringify(name)}: `;
    return `${deeper}${head}${jsonText(each, deeper)}`;
  });
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}
