// Says why a body could not be read.
import { HttpException } from '@nestjs/common';

/** What body-parser hands on: an error with a status and a type. */
interface BodyParserError extends Error {
  readonly status: number;
  readonly type: string;
}

/** What body-parser failed with, as an exception with one clear sentence; anything else stays as it is. */
export function unreadableBody(error: unknown): unknown {
  if (!isBodyParserError(error)) return error;
  return new HttpException(messageOf(error), error.status);
}

function isBodyParserError(error: unknown): error is BodyParserError {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && 'type' in error;
}

function messageOf({ type, message }: BodyParserError): string {
  switch (type) {
    case 'entity.parse.failed':
      return `the body must be JSON: ${message}`;
    case 'entity.too.large':
      return 'the body must be at most 100 kB';
    default:
      return message;
  }
}
