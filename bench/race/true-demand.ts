// Preloaded into every backend, so that the client determines the work of a request. A balancer replaces the headers
// Compute and Storage with its own estimate, and the work must not depend on that estimate.
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

subscribe('http.server.request.start', (message) => {
  const { headers } = (message as { readonly request: IncomingMessage }).request;
  for (const resource of ['compute', 'storage']) {
    const units = headers[`true-${resource}`];
    if (units !== undefined) headers[resource] = units;
  }
});
