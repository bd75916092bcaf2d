// Reads the body of a request as a configuration file.
import { text, type Request, type Response } from 'express';
import { MAX_FILE_BYTES } from '../../traffic-config/small-file.js';
import { unreadableBody } from '../body-parser-errors.js';

const parseText = text({ type: () => true, limit: MAX_FILE_BYTES, defaultCharset: 'utf-8' });

/** Resolves with the body; `''` if there is none. Rejects with an `HttpException` when it cannot be read. */
export async function readDocument(request: Request, response: Response): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    parseText(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      // oxlint-disable-next-line prefer-promise-reject-errors -- it is one
      else reject(unreadableBody(error));
    });
  });
  return typeof request.body === 'string' ? request.body : '';
}
