// An agent for Node's HTTP client that leaves the choice of a connection to its user.
import type { Agent, ClientRequest } from 'node:http';

/** What Node's client reads of an agent. */
class RequestAgent {
  readonly protocol = 'http:';
  readonly defaultPort = 80;

  constructor(
    /** Called by Node's client with each request, which `request.onSocket(…)` gives a connection. */
    readonly addRequest: (request: ClientRequest) => void,
    /** Whether the connection stays open after the response; then Node emits `free` on it. */
    readonly keepAlive: boolean,
  ) {}
}

/** Creates an agent; `addRequest` gives each request a connection. */
export function requestAgent(addRequest: (request: ClientRequest) => void, keepAlive: boolean): Agent {
  // Node's client uses no other members, and does not ask for the class.
  return new RequestAgent(addRequest, keepAlive) as unknown as Agent;
}
