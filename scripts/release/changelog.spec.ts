import { describe, expect, it } from 'vitest';
import { withRelease } from './changelog.ts';

const OLD = '## [0.1.0] - 2026-01-02\n\n### Added\n\n- Everything.\n';

describe('withRelease', () => {
  it('moves what is unreleased to the section of the version', () => {
    const entries = '\n### Added\n\n- A thing.\n\n### Fixed\n\n- Another.\n\n';
    expect(withRelease(`# Changelog\n\n## [Unreleased]\n${entries}${OLD}`, '0.2.0', '2026-11-30')).toBe(
      `# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-11-30\n${entries}${OLD}`,
    );
  });

  it('makes the first section', () => {
    expect(withRelease('## [Unreleased]\n\n- A thing.\n', '0.1.0', '2026-11-30')).toBe(
      '## [Unreleased]\n\n## [0.1.0] - 2026-11-30\n\n- A thing.\n',
    );
  });

  it.each([
    ['# Changelog\n', 'CHANGELOG.md has no line "## [Unreleased]"'],
    [
      `## [Unreleased]\n\n### Added\n\n${OLD}`,
      'CHANGELOG.md has no entry under Unreleased: there is nothing to release',
    ],
    ['## [Unreleased]\n\n- A thing.\n\n## [0.2.0] - 2026-01-02\n', 'CHANGELOG.md has a section 0.2.0 already'],
  ])('refuses %j', (changelog, message) => {
    expect(() => withRelease(changelog, '0.2.0', '2026-11-30')).toThrow(new Error(message));
  });
});
