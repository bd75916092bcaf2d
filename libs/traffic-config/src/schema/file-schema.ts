// The whole file: pools by name, routes in the order in which they are tried, and error pages.
import { z } from 'zod';
import { anyText, wholeNumber } from './fields.js';
import { list, mapping, optional, required } from './mapping.js';
import { poolSchema } from './pool-schema.js';
import { routeSchema } from './route-schema.js';

const POOLS_FORM = 'must be a mapping of names to pools, such as {reports: {policy: maglev}}';
const FILE_FORM = 'must be the path of a file, relative to the folder of this one';

/** One entry of `errorPages`. */
export const errorPageSchema = mapping({
  status: required(wholeNumber(400, 599), 'Status of the error responses'),
  html: optional(anyText(FILE_FORM), 'File with the body for clients that accept HTML'),
  json: optional(anyText(FILE_FORM), 'File with the body for all others'),
});

/** See {@link errorPageSchema}. */
export type ErrorPageInFile = z.output<typeof errorPageSchema>;

/** The file. A pool of which nothing is said may be written `name:` alone, which YAML reads as null. */
export const fileSchema = mapping({
  pools: optional(z.record(z.string(), poolSchema.nullable(), POOLS_FORM), 'Pools by name', 'default'),
  routes: optional(
    list(routeSchema, 'routes', 1),
    'Routes, in the order in which they are tried: the first that matches serves the request',
    'one that sends all requests to the pool default',
  ),
  errorPages: optional(list(errorPageSchema, 'error pages'), "Bodies of the balancer's own error responses"),
});
