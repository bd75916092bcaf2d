// The API of the configuration file: what is in force, what another document would change, and reloads.
import { z } from 'zod';
import { momentSchema } from './moment.js';
import { problemSchema } from './problem.js';

const sentences = z.array(z.string());

/** The response of `GET /api/v1/configuration`. */
export const configurationSchema = z
  .object({
    file: z.string().nullable().describe('The path of the file; null: there is none, and the variables say it all'),
    version: z
      .int()
      .min(1)
      .describe('Grows by one with each configuration that is put in force; 1 is that of the start'),
    since: momentSchema.describe('When it was put in force'),
    problems: sentences.describe(
      'What is wrong with the file since it was read the last time; it is not in force then',
    ),
    warnings: sentences.describe('What is valid, and is probably not meant'),
    traffic: z
      .record(z.string(), z.unknown())
      .describe('Pools, routes and error pages with all defaults; the values of variables and secret files are masked'),
  })
  .meta({ id: 'Configuration' });

/** See {@link configurationSchema}. */
export type ConfigurationView = z.infer<typeof configurationSchema>;

/** The response of `POST /api/v1/configuration/check` to a valid document. */
export const configurationCheckSchema = z
  .object({
    changes: sentences.describe('What would change, a sentence for each difference; empty: nothing'),
    warnings: sentences.describe('What is valid, and is probably not meant'),
  })
  .meta({ id: 'ConfigurationCheck' });

/** See {@link configurationCheckSchema}. */
export type ConfigurationCheck = z.infer<typeof configurationCheckSchema>;

/** The response of `POST /api/v1/configuration/reload` when the file is valid. */
export const configurationReloadSchema = z
  .object({
    result: z.enum(['changed', 'unchanged']),
    version: z.int().min(1).describe('Of the configuration in force now'),
    changes: sentences,
    warnings: sentences,
  })
  .meta({ id: 'ConfigurationReload' });

/** See {@link configurationReloadSchema}. */
export type ConfigurationReload = z.infer<typeof configurationReloadSchema>;

/** The response to a document or a file that is not valid. */
export const configurationProblemSchema = problemSchema
  .extend({ problems: sentences.describe('All that is wrong, each with its line and column where it has one') })
  .meta({ id: 'ConfigurationProblem' });

/** See {@link configurationProblemSchema}. */
export type ConfigurationProblem = z.infer<typeof configurationProblemSchema>;
