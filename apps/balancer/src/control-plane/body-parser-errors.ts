// Turns errors of body-parser into HTTP errors that say why the body could not be read.
import { HttpException } from '@nestjs/common';

/** An error of body-parser. */
interface BodyParserError extends Error {
  readonly status: number;
  readonly type: string;
  /** Bytes. */
  readonly limit?: number;
}

/** Turns an error of body-parser into an `HttpException` with one sentence; returns any other error unchanged. */
export function unreadableBody(error: unknown): Error {
  if (isBodyParserError(error)) return new HttpException(messageOf(error), error.status);
  return error instanceof Error ? error : new Error(String(error));
}

function isBodyParserError(error: unknown): error is BodyParserError {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && 'type' in error;
}

/** The message for a body of more than `limit` bytes. */
export function bodyTooLarge(limit: number): string {
  return `the body must be at most ${limit < 1_000_000 ? '100 kB' : '1 MB'}`;
}

function messageOf({ type, message, limit = 102_400 }: BodyParserError): string {
  switch (type) {
    case 'entity.parse.failed':
      return `the body must be JSON: ${message}`;
    case 'entity.too.large':
      return bodyTooLarge(limit);
    default:
      return message;
  }
}
