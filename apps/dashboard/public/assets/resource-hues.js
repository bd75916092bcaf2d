// The colour of each resource: compute and storage have their own, the names of others select one of the rest.

/** Number of colours in theme.css besides those of compute and storage. */
const OTHER_HUES = 4;

/** @param {string} resource @returns {string} The class that carries the colour. */
export function hueOf(resource) {
  if (resource === 'compute' || resource === 'storage') return `hue-${resource}`;
  const sum = [...resource].reduce((total, character) => total + (character.codePointAt(0) ?? 0), 0);
  return `hue-${sum % OTHER_HUES}`;
}
