// Says in one sentence why a body does not fit its schema.
import { BadRequestException, StandardSchemaValidationPipe } from '@nestjs/common';

/** The form of an issue that every Standard Schema library reports. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A name of the caller's is shown so far. */
const SHOWN_CHARACTERS = 100;

/**
 * The sentence for the outermost issue: where it lies, what is wrong, what is allowed. A field that is missing may be
 * there under a misspelt name, which is an issue of the object around it.
 */
export function formatIssues(issues: readonly Issue[]): string {
  const [issue] = issues.toSorted((a, b) => depthOf(a) - depthOf(b));
  if (!issue) return 'the body does not fit';
  const path = (issue.path ?? []).map((part) => nameOf(part).slice(0, SHOWN_CHARACTERS)).join('.');
  const what = issue.message.replace(/^Invalid input: /, '');
  return path === '' ? `the body: ${what}` : `${path} ${what}`;
}

function depthOf({ path }: Issue): number {
  return path?.length ?? 0;
}

function nameOf(part: NonNullable<Issue['path']>[number]): string {
  return String(typeof part === 'object' ? part.key : part);
}

/** Validates `@Body({ schema })` and answers 400 with one sentence. */
export const validationPipe = new StandardSchemaValidationPipe({
  exceptionFactory: (issues) => new BadRequestException(formatIssues(issues)),
});
