// CHANGELOG.md at a release: what is unreleased becomes the section of a version.

const UNRELEASED = '## [Unreleased]\n';

/**
 * Returns the changelog with a section for this version, which has the entries that were unreleased.
 *
 * @param date in the form of ISO 8601, such as `2026-11-30`.
 * @throws {Error} when no section is called Unreleased, or it has no entry.
 */
export function withRelease(changelog: string, version: string, date: string): string {
  const start = changelog.indexOf(UNRELEASED);
  if (start === -1) throw new Error(`CHANGELOG.md has no line "${UNRELEASED.trim()}"`);
  if (changelog.includes(`\n## [${version}]`)) throw new Error(`CHANGELOG.md has a section ${version} already`);
  const body = start + UNRELEASED.length;
  const [entries] = changelog.slice(body).split(/^## /m, 1);
  if (!/^- /m.test(entries)) throw new Error('CHANGELOG.md has no entry under Unreleased: there is nothing to release');
  return `${changelog.slice(0, body)}\n## [${version}] - ${date}\n${changelog.slice(body)}`;
}
