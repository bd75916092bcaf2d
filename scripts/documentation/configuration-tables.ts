// The tables of docs/configuration.md: generated from the applications' schemas, inserted between markers.
import { withSection } from './generated-section.ts';
import { markdownTable } from './markdown-table.ts';

/** A variable, as `describeVariables` of libs/configuration returns it. */
export interface Variable {
  readonly name: string;
  readonly defaultValue: string | undefined;
  readonly description: string;
}

/** A Markdown table. `kind` is what its rows describe. */
export function configurationTable(variables: readonly Variable[], kind = 'variable'): string {
  return markdownTable([
    [kind, 'default', 'meaning'],
    ...variables.map(({ name, defaultValue, description }) => [`\`${name}\``, cellOf(defaultValue), description]),
  ]);
}

/** A value as code; a default that is described in words as it is. */
function cellOf(value = ''): string {
  if (value === '') return '';
  return value.includes(' ') ? value : `\`${value}\``;
}

/** Returns `text` with the table of `app`, or of another subject, replaced. @throws {Error} when its markers are missing. */
export function withTable(text: string, app: string, table: string): string {
  const markers = { begin: `<!-- configuration of ${app}: npm run docs:config -->`, end: `<!-- end of ${app} -->` };
  return withSection(text, markers, table);
}
