const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made safe for HTML, in content and in quoted attributes alike. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}

/**
 * JavaScript that does not end its script element early: both sequences occur only in strings and regular expressions,
 * where \x3c is equivalent.
 */
export function scriptText(code: string): string {
  return code.replace(/<(?=\/script|!--)/gi, '\\x3c');
}

/** A value as JSON in an element of this id, for scripts to read. */
export function jsonElement(id: string, value: unknown): string {
  return `<script type="application/json" id="${escapeHtml(id)}">${JSON.stringify(value).replaceAll('<', '\\u003c')}</script>`;
}
