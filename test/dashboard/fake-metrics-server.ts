// A small real HTTP server in the balancer's place: it serves the metrics, the cluster and the request log that a test
// gives it.
import type { ClusterView, FleetMetrics, RequestRecord } from '@fairlead/contracts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RestartableServer } from '../../libs/registration/test/restartable-server.js';
import { aFleet } from './fleet-fixtures.js';

type Respond = (response: ServerResponse) => void;

export class FakeMetricsServer extends RestartableServer {
  /** What `/api/v1/metrics` returns, but for the uptime, which goes on while the server runs. */
  metrics: FleetMetrics = aFleet([]);
  requests: RequestRecord[] = [];
  /** What `/api/v1/cluster` returns; null: 404, as from a balancer of an earlier version. */
  cluster: ClusterView | null = null;
  /** Stands in for the metrics while it is set: an error status, garbage, or nothing at all. */
  misbehaviour: Respond | null = null;
  private readonly startedAtMs = performance.now();
  /** How many requests are being served now, and were at most: a poller that overlaps itself shows here. */
  pending = 0;
  mostPending = 0;

  protected handle({ url, socket }: IncomingMessage, response: ServerResponse): void {
    this.pending += 1;
    this.mostPending = Math.max(this.mostPending, this.pending);
    const ends = () => {
      this.pending -= 1;
      response.off('close', ends);
      socket.off('end', ends);
    };
    response.once('close', ends);
    // A client that gave up: the response closes some turns of the event loop later, when the next request may be here.
    socket.once('end', ends);
    if (url === '/api/v1/requests') return sendJson(response, { requests: this.requests });
    if (url === '/api/v1/cluster' && this.cluster) return sendJson(response, this.cluster);
    if (url !== '/api/v1/metrics') return void response.writeHead(404).end();
    if (this.misbehaviour) return this.misbehaviour(response);
    const uptimeSeconds = this.metrics.uptimeSeconds + (performance.now() - this.startedAtMs) / 1000;
    return sendJson(response, { ...this.metrics, uptimeSeconds });
  }
}

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
