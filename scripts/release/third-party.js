// THIRD-PARTY.md: the licences of what is not ours. It is generated for the packages and not tracked: the texts are others'.

/** Components with equal texts together, in the order given. */
function byText(components) {
  const groups = new Map();
  for (const component of components) {
    const key = component.text ?? component;
    groups.set(key, [...(groups.get(key) ?? []), component]);
  }
  return [...groups.values()];
}

const title = ({ name, version, license }) => `${name} ${version ?? ''} (${license})`.replace('  ', ' ');

function section(group) {
  const text = group[0].text?.trimEnd() ?? 'Nothing that is installed here holds the text of this licence.';
  return `### ${group.map(title).join(', ')}\n\n${'`'.repeat(4)}text\n${text}\n${'`'.repeat(4)}\n`;
}

/** The file for a package; `parts`: an introduction and components each. */
export function thirdParty(name, parts) {
  const chapters = parts.map(([introduction, components]) => {
    return `## ${introduction}\n\n${byText(components).map(section).join('\n')}`;
  });
  return `# Third-party licences of ${name}\n\n${chapters.join('\n')}`;
}
