// `fairlead events`: the latest events of the fleet, and those to come.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '@fairlead/configuration';
import { fleetEventSchema, type FleetEvent } from '@fairlead/contracts';
import { z } from 'zod';
import { BalancerError, connect, type BalancerApi } from '../balancer-api/balancer-api.js';
import type { BalancerFlags } from '../invocation/balancer-flags.js';
import { EXIT } from '../invocation/exit-codes.js';
import { report } from '../output/messages.js';
import { clock } from '../output/numbers.js';
import { print, printable, printJson, styled } from '../output/terminal.js';
import { styleOf } from './backend-states.js';

/** Which events to print, and how. */
export interface EventsOptions {
  readonly follow?: true;
  readonly lines: number;
  readonly backend?: string;
  readonly json?: true;
}

const POLL_MS = 1000;

/** A kind that only a later balancer knows is a text like any other. */
const eventSchema = fleetEventSchema.extend({ kind: z.string() });
const schema = z.object({ events: z.array(eventSchema) });
const EVENTS = { path: 'api/v1/events', schema, what: 'events' } as const;

type ShownEvent = z.infer<typeof eventSchema>;
type Reading = readonly { readonly event: ShownEvent; readonly json: unknown }[];

/** Prints the latest events; with `follow`, goes on until it is interrupted. */
export async function events(
  flags: BalancerFlags,
  environment: Environment,
  { follow, lines, backend, json }: EventsOptions,
): Promise<number> {
  const balancer = connect(flags, environment);
  const isShown = ({ event }: Reading[number]) => backend === undefined || event.backend === backend;
  const write = (reading: Reading) => {
    for (const { event, json: sent } of reading) {
      if (json) printJson(sent);
      else print(lineOf(event));
    }
  };
  const first = await read(balancer);
  write(lines === 0 ? [] : first.filter(isShown).slice(-lines));
  if (!follow) return EXIT.ok;
  let last = lastOf(first);
  for (;;) {
    await sleep(POLL_MS);
    const reading = await readOrWait(balancer);
    // A balancer that was started again counts from the beginning.
    if (lastOf(reading) < last) last = 0;
    write(reading.filter(({ event }) => event.sequence > last).filter(isShown));
    last = lastOf(reading);
  }
}

async function read(balancer: BalancerApi): Promise<Reading> {
  const { body, json } = await balancer.send(EVENTS);
  const sent = (json as { readonly events: readonly unknown[] }).events;
  return body.events.map((event, i) => ({ event, json: sent[i] }));
}

/** Goes on when the balancer is back. A response that refuses the request is final. */
async function readOrWait(balancer: BalancerApi): Promise<Reading> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await read(balancer);
    } catch (error) {
      if (!(error instanceof BalancerError) || error.status !== undefined) throw error;
      if (attempt === 0) report(`${error.message}; trying again until it is back`);
      await sleep(POLL_MS);
    }
  }
}

function lastOf(reading: Reading): number {
  return reading.reduce((last, { event }) => Math.max(last, event.sequence), 0);
}

function lineOf({ at, kind, backend, from, to, reason, caller, token, action }: ShownEvent): string {
  const subject = backend ?? 'fleet';
  const what = kind === 'state' ? transitionOf(from, to) : printable(kind);
  const by = caller === undefined ? '' : ` (${[action, 'by', token ?? caller].filter(Boolean).join(' ')})`;
  return `${styled('dim', clock(at))} ${printable(subject)} ${what}: ${printable(reason)}${printable(by)}`;
}

function transitionOf(from: FleetEvent['from'], to: FleetEvent['to']): string {
  const target = to === null ? 'gone' : styled(styleOf(to), to);
  return from === null ? `joined, ${target}` : `${from} → ${target}`;
}
