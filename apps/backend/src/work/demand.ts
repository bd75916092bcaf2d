// The demand of a job, read from the headers that the balancer sets.
import { demandSchema } from '@fairlead/contracts';
import { BadRequestException } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';

/** Units of the two resources that the backend emulates. */
export interface Demand {
  readonly compute: number;
  readonly storage: number;
}

/**
 * Reads the demand from the headers `Compute` and `Storage`; an absent one counts as 0.
 *
 * @throws {BadRequestException} naming the header, what is allowed and what was given.
 */
export function demandOf(headers: IncomingHttpHeaders): Demand {
  return { compute: parseUnits('Compute', headers), storage: parseUnits('Storage', headers) };
}

function parseUnits(name: string, headers: IncomingHttpHeaders): number {
  const text = String(headers[name.toLowerCase()] ?? '0').trim();
  const isDecimal = /^\d{1,15}(\.\d{1,15})?$/.test(text);
  const parsed = demandSchema.valueType.safeParse(isDecimal ? Number(text) : undefined);
  if (parsed.success) return parsed.data;
  throw new BadRequestException(`${name} ${parsed.error.issues[0].message}, got ${JSON.stringify(text.slice(0, 100))}`);
}
