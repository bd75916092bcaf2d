// Formats the issues of a request body that does not fit its schema as one sentence.
import { outermostIssue } from '@fairlead/configuration';
import { BadRequestException, StandardSchemaValidationPipe } from '@nestjs/common';

/** An issue as every Standard Schema library reports it. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Characters shown of a field name that the client chose. */
const MAX_SHOWN_CHARACTERS = 100;

/**
 * One sentence for the outermost issue (see {@link outermostIssue}): where it is, what is wrong and what is allowed.
 */
export function formatIssues(issues: readonly Issue[]): string {
  const issue = outermostIssue(issues);
  if (!issue) return 'the body does not fit its schema';
  const path = (issue.path ?? []).map((part) => nameOf(part).slice(0, MAX_SHOWN_CHARACTERS)).join('.');
  const what = issue.message.replace(/^Invalid input: /, '');
  return path === '' ? `the body: ${what}` : `${path} ${what}`;
}

function nameOf(part: NonNullable<Issue['path']>[number]): string {
  return String(typeof part === 'object' ? part.key : part);
}

/** Validates `@Body({ schema })`; an invalid body is a 400 with one sentence. */
export const validationPipe = new StandardSchemaValidationPipe({
  exceptionFactory: (issues) => new BadRequestException(formatIssues(issues)),
});
