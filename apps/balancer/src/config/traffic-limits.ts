// The limits of what clients may send, as one object: TRAFFIC_LIMITS has it as JSON.
import { closedObject } from '@fairlead/contracts';
import { z } from 'zod';

/** A whole number; `word`, if any, is allowed beside numbers. */
function wholeNumber(min: number, max: number, word?: string) {
  const allowed = `must be ${word === undefined ? '' : `${word} or `}a whole number from ${min} to ${max}`;
  const isNumber = (value: unknown) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
  return z.custom<number>(isNumber, { error: ({ input }) => `${allowed}, got ${JSON.stringify(input)}` });
}

/** A whole number, or `auto`: undefined. */
function numberOrAuto(min: number, max: number) {
  const number = wholeNumber(min, max, '"auto"');
  return z
    .custom<number | 'auto'>((value) => value === 'auto' || number.safeParse(value).success, {
      error: ({ input }) => number.safeParse(input).error?.issues[0].message,
    })
    .transform((value) => (value === 'auto' ? undefined : value));
}

const MAX_COUNT = 10_000_000;
const MAX_RATE = 1_000_000;
/** Node's parser allows at most this. Bytes. */
const MAX_HEAD_BYTES = 1_048_576;

const perClientSchema = closedObject({
  connections: numberOrAuto(0, MAX_COUNT)
    .prefault('auto')
    .describe('Open connections of one client; auto: half of MAX_CLIENT_CONNECTIONS; 0: no limit'),
  requestsInFlight: numberOrAuto(0, MAX_COUNT)
    .prefault('auto')
    .describe(
      'Requests of one client that wait or are served, and its upgraded connections; auto: half of what the backends in traffic and the queue take; 0: no limit',
    ),
  connectionsPerSecond: wholeNumber(0, MAX_RATE)
    .prefault(0)
    .describe('New connections per second of one client, divided between the live balancers of a cluster; 0: no limit'),
  connectionBurst: numberOrAuto(1, MAX_RATE)
    .prefault('auto')
    .describe('New connections that may come at once, divided likewise, at least 1; auto: as many as in one second'),
  requestsPerSecond: wholeNumber(0, MAX_RATE)
    .prefault(0)
    .describe('Requests per second of one client, divided between the live balancers of a cluster; 0: no limit'),
  requestBurst: numberOrAuto(1, MAX_RATE)
    .prefault('auto')
    .describe('Requests that may come at once, divided likewise, at least 1; auto: as many as in one second'),
});

/** The limits of traffic: fields with numbers, each with a default. */
export const trafficLimitsSchema = closedObject({
  perClient: perClientSchema.prefault({}),
  maxTargetBytes: numberOrAuto(16, MAX_HEAD_BYTES)
    .prefault('auto')
    .describe('Largest request target, in bytes; a longer one gets 414; auto: 8192, or maxHeadBytes if that is less'),
  maxHeadBytes: numberOrAuto(1024, MAX_HEAD_BYTES)
    .prefault('auto')
    .describe('Largest head of a request, in bytes; a larger one gets 431; auto: MAX_HEADER_BYTES'),
  maxFields: wholeNumber(1, 2000).prefault(100).describe('Field lines in the head of a request; more get 431'),
  maxBodyBytes: wholeNumber(0, Number.MAX_SAFE_INTEGER)
    .prefault(0)
    .describe('Largest body of a request, in bytes; a larger one gets 413; 0: no limit'),
  failedRequestLogsPerSecond: wholeNumber(0, MAX_RATE)
    .prefault(20)
    .describe('Log lines per second about failed requests; what is left out is summarized every 10 s; 0: no limit'),
});

/** The parsed limits; undefined stands for `auto`. */
export type TrafficLimits = z.output<typeof trafficLimitsSchema>;

/** The limits of request heads, as every lane enforces them. */
export interface RequestHeadLimits {
  readonly maxHeadBytes: number;
  readonly maxTargetBytes: number;
  readonly maxFields: number;
}

/** The variables that the limits depend on. */
interface LimitVariables {
  readonly TRAFFIC_LIMITS: TrafficLimits;
  readonly MAX_HEADER_BYTES: number;
  readonly MAX_CLIENT_CONNECTIONS: number | undefined;
}

const DEFAULT_TARGET_BYTES = 8192;

/** The limits of request heads, without `auto`. */
export function requestHeadLimits({
  TRAFFIC_LIMITS: limits,
  MAX_HEADER_BYTES,
}: Pick<LimitVariables, 'TRAFFIC_LIMITS' | 'MAX_HEADER_BYTES'>): RequestHeadLimits {
  const maxHeadBytes = limits.maxHeadBytes ?? MAX_HEADER_BYTES;
  const maxTargetBytes = limits.maxTargetBytes ?? Math.min(DEFAULT_TARGET_BYTES, maxHeadBytes);
  return { maxHeadBytes, maxTargetBytes, maxFields: limits.maxFields };
}

/** The largest body of a request; Infinity: no limit. Bytes. */
export function maxBodyBytes({ maxBodyBytes: limit }: TrafficLimits): number {
  return limit === 0 ? Infinity : limit;
}

/** A sentence for each pair of limits that contradict each other. */
export function trafficLimitProblems(config: LimitVariables): string[] {
  const { TRAFFIC_LIMITS: limits, MAX_CLIENT_CONNECTIONS: maxConnections } = config;
  const { perClient, maxTargetBytes } = limits;
  const { maxHeadBytes } = requestHeadLimits(config);
  const problems: string[] = [];
  for (const [burst, rate] of [
    ['connectionBurst', 'connectionsPerSecond'],
    ['requestBurst', 'requestsPerSecond'],
  ] as const) {
    if (perClient[burst] === undefined || perClient[rate] > 0) continue;
    problems.push(
      `TRAFFIC_LIMITS: perClient.${burst} (${perClient[burst]}) needs perClient.${rate}, which sets no limit`,
    );
  }
  if (maxTargetBytes !== undefined && maxTargetBytes >= maxHeadBytes) {
    problems.push(
      `TRAFFIC_LIMITS: maxTargetBytes must be less than maxHeadBytes (${maxHeadBytes}), since the head contains the target, got ${maxTargetBytes}`,
    );
  }
  if (maxConnections !== undefined && (perClient.connections ?? 0) > maxConnections) {
    problems.push(
      `TRAFFIC_LIMITS: perClient.connections must be at most MAX_CLIENT_CONNECTIONS (${maxConnections}), got ${perClient.connections}`,
    );
  }
  return problems;
}
