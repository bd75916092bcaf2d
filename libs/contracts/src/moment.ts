// Points in time, as every document of the API writes them.
import { z } from 'zod';

/** A time in UTC, in the format of RFC 3339. The API documentation shows the example instead of the long pattern. */
export const momentSchema = z.iso.datetime().meta({ examples: ['2026-11-25T09:30:00.000Z'] });
