// Parses the query parameter `timeoutSeconds` of a drain.
import { BadRequestException, type PipeTransform } from '@nestjs/common';

const MAX_SECONDS = 86_400;

/** The seconds; undefined when the parameter is absent. */
export const drainTimeout: PipeTransform<string | undefined, number | undefined> = {
  transform(text) {
    if (text === undefined) return undefined;
    const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (seconds <= MAX_SECONDS) return seconds;
    throw new BadRequestException(invalidDrainTimeout(text));
  },
};

/** The message for a text that is no such number. */
export function invalidDrainTimeout(text: string): string {
  return `timeoutSeconds must be a number of seconds from 0 to ${MAX_SECONDS}, got ${JSON.stringify(text.slice(0, 50))}`;
}
