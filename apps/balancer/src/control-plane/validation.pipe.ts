// Validates request bodies, and turns the issues into one sentence.
import { type ArgumentMetadata, BadRequestException, StandardSchemaValidationPipe } from '@nestjs/common';
import { formatIssues } from '../config/validation-message.js';

/** Validates `@Body({ schema })`; an invalid body is a 400 with one sentence. */
class BodyValidationPipe extends StandardSchemaValidationPipe {
  protected override async validate<T>(
    body: unknown,
    schema: NonNullable<ArgumentMetadata['schema']>,
    options?: Record<string, unknown>,
  ) {
    const result = await super.validate<T>(body, schema, options);
    if (result.issues) throw new BadRequestException(formatIssues(result.issues, body));
    return result;
  }
}

/** The pipe of every route of the control plane. */
export const validationPipe = new BodyValidationPipe();
