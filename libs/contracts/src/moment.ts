// Points in time, as all documents tell them.
import { z } from 'zod';

/** In UTC, as RFC 3339 writes it. Documentation shows the example: the rule itself is unreadable. */
export const momentSchema = z.iso.datetime().meta({ examples: ['2026-11-25T09:30:00.000Z'] });
