// Formats validation issues as one sentence.
import { BadRequestException, StandardSchemaValidationPipe } from '@nestjs/common';

/** An issue, as every Standard Schema library reports it. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  readonly code?: string;
}

/** Longer names from the caller are truncated in messages. */
const MAX_NAME_CHARACTERS = 100;

/**
 * The sentence for the outermost issue: where it is, what is wrong, what is allowed. The outermost, because a missing
 * field may be a misspelt one, which is an issue of the object around it.
 */
export function formatIssues(issues: readonly Issue[]): string {
  const [issue] = issues.toSorted((a, b) => depthOf(a) - depthOf(b));
  if (!issue) return 'the body is invalid';
  const path = (issue.path ?? []).map((part) => nameOf(part).slice(0, MAX_NAME_CHARACTERS)).join('.');
  const what = issue.message.replace(/^Invalid input: /, '');
  const given = issue.code === 'invalid_key' ? '' : givenAt(keys, body);
  return `${where === '' ? 'the body:' : where} ${what}${given}`;
}

function keyOf(part: NonNullable<Issue['path']>[number]): string {
  return String(typeof part === 'object' ? part.key : part);
}

/** Validates `@Body({ schema })`; the error is a 400 with one sentence. */
export const validationPipe = new StandardSchemaValidationPipe({
  exceptionFactory: (issues) => new BadRequestException(formatIssues(issues)),
});
