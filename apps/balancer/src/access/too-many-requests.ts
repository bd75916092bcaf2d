// The refusal of a caller that asks too often.
import { HttpException } from '@nestjs/common';

/** Becomes a 429 with `Retry-After`. */
export class TooManyRequestsException extends HttpException {
  readonly retryAfterSeconds: number;

  /** `limit`: what is allowed, as the beginning of a sentence. */
  constructor(limit: string, waitSeconds: number) {
    const retryAfterSeconds = Math.ceil(waitSeconds);
    super(`${limit}: try again in ${retryAfterSeconds} s`, 429);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
