// The body of every error answered by a Fairlead API.
import { z } from 'zod';

/** An error answer: the status again, its name, and one sentence that says what was wrong and what is allowed. */
export const problemSchema = z
  .object({
    statusCode: z.int().meta({ examples: [400] }),
    error: z.string().meta({ examples: ['Bad Request'] }),
    message: z.string().meta({ examples: ['resources.compute must be a number from 0 to 1000000000, got -1'] }),
  })
  .meta({ id: 'Problem', description: 'What was wrong, in one sentence.' });

/** See {@link problemSchema}. */
export type Problem = z.infer<typeof problemSchema>;
