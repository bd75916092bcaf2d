// The variables that limit what clients may send and hold, and for how long.
import { jsonValue, seconds, wholeNumber } from '@fairlead/configuration';
import { z } from 'zod';
import { trafficLimitsSchema } from './traffic-limits.js';

/** A part of the balancer's schema. */
export const clientLimitVariables = {
  TUNNEL_IDLE_SECONDS: seconds(0, 604_800)
    .prefault('3600')
    .describe('How long an upgraded connection may carry no byte before it is closed; 0: no limit'),
  TUNNEL_MAX_SECONDS: seconds(0, 31_536_000)
    .prefault('0')
    .describe('How long an upgraded connection may stay open; 0: no limit'),
  MIN_BODY_RATE: wholeNumber(0, 1_073_741_824)
    .prefault('64')
    .describe(
      'Bytes per second that a client must send of a body, or accept of a response, on average after its first 10 s; 0: no minimum',
    ),
  SLOW_UPLOAD_RATE: wholeNumber(0, 1_073_741_824)
    .prefault('10240')
    .describe(
      'Bytes per second below which an upload is slow: on a full backend, slow uploads hold at most half of the places; 0: no upload is slow',
    ),
  MAX_REQUEST_SECONDS: seconds(0, 604_800)
    .prefault('0')
    .describe('How long a request may take from its head to the end of its response; 0: no limit'),
  MAX_REQUESTS_PER_CONNECTION: wholeNumber(1, 1_000_000_000)
    .prefault('100000')
    .describe('Requests on one client connection, after which it is closed'),
  MAX_CLIENT_CONNECTIONS: z
    .union(
      [z.literal('auto').transform(() => undefined), wholeNumber(1, 10_000_000)],
      'must be auto or a whole number from 1 to 10000000',
    )
    .prefault('auto')
    .describe(
      'Concurrent client connections, more are closed; auto: two thirds of the file descriptors that are left for them and backends',
    ),
  TRAFFIC_LIMITS: jsonValue(trafficLimitsSchema, '{"perClient": {"requestsPerSecond": 100}, "maxBodyBytes": 10485760}')
    .prefault('{}')
    .describe('Limits of what clients may send, as JSON; the fields are in the table below'),
};
