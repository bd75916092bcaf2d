// Reads the body of a request as a configuration file.
import { MAX_FILE_BYTES } from '@fairlead/configuration';
import { text, type Request, type Response } from 'express';
import { unreadableBody } from '../body-parser-errors.js';

const parseText = text({ type: () => true, limit: MAX_FILE_BYTES, defaultCharset: 'utf-8' });

/** Resolves with the body; `''` if there is none. Rejects with an `HttpException` when it cannot be read. */
export async function readDocument(request: Request, response: Response): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    parseText(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(unreadableBody(error));
    });
  });
  return typeof request.body === 'string' ? request.body : '';
}
