// Express middleware, as the functions of this library return it.
import type { NextFunction, Request, Response } from 'express';

/** Express middleware. It passes a Nest `HttpException` to `next` to refuse a request. */
export type Middleware = (request: Request, response: Response, next: NextFunction) => void;
