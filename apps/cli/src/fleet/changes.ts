// `fairlead drain`, `resume` and `remove`: what an operator does to one backend.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '@fairlead/configuration';
import { backendViewSchema } from '@fairlead/contracts';
import { z } from 'zod';
import { BalancerError, connect, type BalancerApi } from '../balancer-api/balancer-api.js';
import type { BalancerFlags } from '../invocation/balancer-flags.js';
import { EXIT } from '../invocation/exit-codes.js';
import { counted, duration } from '../output/numbers.js';
import { print, printable, printJson } from '../output/terminal.js';

/** How to change it. */
export interface ChangeOptions {
  /** Seconds. */
  readonly timeout?: number;
  readonly now?: true;
  readonly wait?: true;
  readonly json?: true;
}

const POLL_MS = 200;
const ACCEPTED = 202;
const NO_CONTENT = 204;
const NOT_FOUND = 404;

const viewSchema = backendViewSchema.pick({ id: true, state: true, reason: true, inFlight: true, drain: true });
type View = z.infer<typeof viewSchema>;

const AS_BACKEND = { schema: viewSchema, what: 'a backend', role: 'operate' } as const;

/** Drains it. */
export async function drain(
  id: string,
  flags: BalancerFlags,
  environment: Environment,
  { timeout, wait, json }: ChangeOptions,
): Promise<number> {
  const balancer = connect(flags, environment);
  const path = `${pathOf(id)}/drain${queryOf({ timeoutSeconds: timeout })}`;
  const response = await balancer.send({ ...AS_BACKEND, method: 'POST', path });
  const { body, json: sent } = wait ? await whenDrained(balancer, id) : response;
  if (json) printJson(sent, 2);
  else if (body.drain?.complete)
    print(printable(`${id} is drained: no request is in flight there, and it gets no more`));
  else print(printable(`${id} is draining: ${remainderOf(body)}`));
  return EXIT.ok;
}

/** Resumes it. */
export async function resume(
  id: string,
  flags: BalancerFlags,
  environment: Environment,
  { json }: ChangeOptions,
): Promise<number> {
  const balancer = connect(flags, environment);
  const { body, json: sent } = await balancer.send({ ...AS_BACKEND, method: 'POST', path: `${pathOf(id)}/resume` });
  if (json) printJson(sent, 2);
  else print(printable(`${id} is ${body.state}: ${body.reason}`));
  return EXIT.ok;
}

/** Removes it, after a drain unless `now`. */
export async function remove(
  id: string,
  flags: BalancerFlags,
  environment: Environment,
  { timeout, now, wait, json }: ChangeOptions,
): Promise<number> {
  const balancer = connect(flags, environment);
  const path = `${pathOf(id)}${queryOf({ now, timeoutSeconds: timeout })}`;
  const schema = viewSchema.optional();
  const allowed = [ACCEPTED, NO_CONTENT];
  const { body, json: sent } = await balancer.send({ ...AS_BACKEND, method: 'DELETE', path, schema, allowed });
  const isGone = body === undefined || (wait === true && (await isRemoved(balancer, id)));
  // A backend that is gone has no body: the id is all there is to say of it.
  if (json) printJson(isGone ? { id, state: 'gone' } : sent, 2);
  else if (isGone) print(printable(`${id} is removed`));
  else print(printable(`${id} is draining, and is removed after that: ${remainderOf(body)}`));
  return EXIT.ok;
}

/** Waits until nothing is in flight there. @throws {Error} when the drain is ended before. */
async function whenDrained(balancer: BalancerApi, id: string) {
  for (;;) {
    const response = await balancer.send({ ...AS_BACKEND, path: pathOf(id) });
    const { state, drain: progress } = response.body;
    if (progress?.complete) return response;
    if (state !== 'draining') throw new Error(`${id} is ${state}: its drain was ended`);
    await sleep(POLL_MS);
  }
}

/** Waits until it is removed. @throws {Error} when it stays. */
async function isRemoved(balancer: BalancerApi, id: string): Promise<true> {
  for (;;) {
    try {
      const { body } = await balancer.send({ ...AS_BACKEND, path: pathOf(id) });
      if (body.state !== 'draining') throw new Error(`${id} is ${body.state}: it has registered again, or was resumed`);
    } catch (error) {
      if (error instanceof BalancerError && error.status === NOT_FOUND) return true;
      throw error;
    }
    await sleep(POLL_MS);
  }
}

function remainderOf({ inFlight, drain: progress }: View): string {
  const requests = `${counted(inFlight, 'request')} in flight`;
  const seconds = progress?.cutInSeconds ?? null;
  return seconds === null ? requests : `${requests}, to be cut off in ${duration(Math.ceil(seconds))}`;
}

/** The id may be a URL; its slashes must not separate path segments. */
function pathOf(id: string): string {
  return `api/v1/backends/${encodeURIComponent(id)}`;
}

function queryOf(parameters: Readonly<Record<string, number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query.toString()}`;
}
