// The body of every error response of the Fairlead APIs.
import { z } from 'zod';

/** An error response: the status code, its name, and one sentence that says what is wrong and what is allowed. */
export const problemSchema = z
  .object({
    statusCode: z
      .int()
      .min(400)
      .max(599)
      .meta({ examples: [400] }),
    error: z.string().meta({ examples: ['Bad Request'] }),
    message: z.string().meta({ examples: ['resources.compute must be a number from 0 to 1000000000, got -1'] }),
  })
  .meta({ id: 'Problem', description: 'An error response: what is wrong, in one sentence.' });

/** See {@link problemSchema}. */
export type Problem = z.infer<typeof problemSchema>;
