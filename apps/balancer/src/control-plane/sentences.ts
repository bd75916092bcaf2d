// Says in one sentence why a body does not fit its schema.
import { BadRequestException, StandardSchemaValidationPipe } from '@nestjs/common';

/** The form of an issue that every Standard Schema library reports. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The sentence for the first issue: where it lies, what is wrong, what is allowed. */
export function sentenceFor(issues: readonly Issue[]): string {
  const [issue] = issues;
  if (!issue) return 'the body does not fit';
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
  const what = issue.message.replace(/^Invalid input: /, '');
  return path === '' ? `the body: ${what}` : `${path} ${what}`;
}

/** Validates `@Body({ schema })` and answers 400 with one sentence. */
export const validationPipe = new StandardSchemaValidationPipe({
  exceptionFactory: (issues) => new BadRequestException(sentenceFor(issues)),
});
