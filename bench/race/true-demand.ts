// Loaded into every backend before its own code: the work that a request brings is the client's to say. A balancer
// replaces the headers Compute and Storage by what it believes; what the race measures must not depend on that belief.
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

subscribe('http.server.request.start', (message) => {
  const { headers } = (message as { readonly request: IncomingMessage }).request;
  for (const resource of ['compute', 'storage']) {
    const units = headers[`true-${resource}`];
    if (units !== undefined) headers[resource] = units;
  }
});
