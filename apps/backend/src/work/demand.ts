// What a job needs, read from the headers that the balancer sends along.
import { demandSchema } from '@fairlead/contracts';
import { BadRequestException } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';

/** Units of the two resources that this backend emulates. */
export interface Demand {
  readonly compute: number;
  readonly storage: number;
}

/**
 * The demand in the headers `Compute` and `Storage`; one that is absent counts as 0.
 *
 * @throws {BadRequestException} naming the header, what is allowed and what it held.
 */
export function demandOf(headers: IncomingHttpHeaders): Demand {
  return { compute: unitsIn('Compute', headers), storage: unitsIn('Storage', headers) };
}

function unitsIn(name: string, headers: IncomingHttpHeaders): number {
  const text = String(headers[name.toLowerCase()] ?? '0').trim();
  const isDecimal = /^\d{1,15}(\.\d{1,15})?$/.test(text);
  const parsed = demandSchema.valueType.safeParse(isDecimal ? Number(text) : undefined);
  if (parsed.success) return parsed.data;
  throw new BadRequestException(`${name} ${parsed.error.issues[0].message}, got ${JSON.stringify(text.slice(0, 100))}`);
}
