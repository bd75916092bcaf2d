// PURE: the plain status page, rendered on the server.
import type { BackendMetrics, FleetMetrics } from '@fairlead/contracts';
import type { BalancerSummary, ClusterSummary } from '../live/cluster-summary.js';
import { Html, html } from './html.js';

/** Returns a page with a table of the backends, and one of the balancers if there is a cluster. */
export function statusPage(
  { at, status, policy, resources, fleet, backends }: FleetMetrics,
  cluster: ClusterSummary | null,
): Html {
  const hasPools = new Set(backends.map(({ pool }) => pool)).size > 1;
  return document(html`
    <p>
      Status <strong>${status}</strong>, policy <strong>${policy}</strong>: ${fleet.up} of ${fleet.backends} backends
      up, ${fleet.requests} requests, ${fleet.meanInFlight.toFixed(1)} in flight on average, ${fleet.queued} queued,
      ${fleet.errors} errors, of them ${fleet.lastMinute.errors} in the last minute, ${fleet.unplaced} unplaced. Read at
      ${at}.
    </p>
    ${status === 'panic' ? html`<p role="alert">Unhealthy backends receive requests too.</p>` : ''}
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Backend</th>
            ${hasPools ? html`<th scope="col">Pool</th>` : ''}
            <th scope="col">State</th>
            ${resources.map((name) => html`<th scope="col">${name} queued, s</th>`)}
            <th scope="col">In flight, mean</th>
            <th scope="col">Requests</th>
            <th scope="col">Errors</th>
            <th scope="col">p50 ms</th>
            <th scope="col">p95 ms</th>
            <th scope="col">p99 ms</th>
            ${resources.map((name) => html`<th scope="col">${name} total</th>`)}
          </tr>
        </thead>
        <tbody>
          ${backends.map((backend) => row(backend, resources, hasPools))}
        </tbody>
      </table>
    </div>
    ${backends.length === 0 ? html`<p>No backend has registered yet.</p>` : ''} ${cluster ? clusterPart(cluster) : ''}
  `);
}

function clusterPart({ cluster, balancer, registry, balancers, differences, differing }: ClusterSummary): Html {
  const { name, state, since, reason, pendingChanges } = registry;
  const away = html`<p role="alert">
    <strong>The registry is away</strong> since ${since}: ${reason ?? ''}. Changes to be stored: ${pendingChanges}.
  </p>`;
  return html`
    <h2>Balancers of ${cluster}</h2>
    <p>This page shows ${balancer}. ${name} is ${state}.</p>
    ${state === 'away' ? away : ''}
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Balancer</th>
            <th scope="col">Address</th>
            <th scope="col">Version</th>
            <th scope="col">Since</th>
            <th scope="col">Last seen, s ago</th>
            <th scope="col">Live</th>
            <th scope="col">Backends up</th>
          </tr>
        </thead>
        <tbody>
          ${balancers.map((each) => balancerRow(each, state === 'away'))}
        </tbody>
      </table>
    </div>
    ${differing > 0 ? html`<p>Seen differently by balancers: ${differences.map(({ backend }) => backend).join(', ')}</p>` : ''}
  `;
}

/** Heartbeats pass through the registry: while it is away, whether others live is unknown. */
function balancerRow(
  { id, address, version, since, lastSeenSecondsAgo, isLive, up, backends }: BalancerSummary,
  isRegistryAway: boolean,
): Html {
  const absent = isRegistryAway ? 'unknown' : 'no';
  return html`<tr>
    <th scope="row">${id}</th>
    <td>${address}</td>
    ${[version, since, lastSeenSecondsAgo.toFixed(1), isLive ? 'yes' : absent, `${up} / ${backends}`].map(numberCell)}
  </tr>`;
}

/** Returns the page shown while the balancer is unavailable. */
export function outagePage(reason: string, since: string): Html {
  return document(html`<p role="alert"><strong>The balancer is unavailable.</strong> Since ${since}: ${reason}.</p>`);
}

function row(backend: BackendMetrics, resources: readonly string[], hasPools: boolean): Html {
  const { latencyMs } = backend;
  return html`<tr>
    <th scope="row">${backend.id}</th>
    ${hasPools ? html`<td>${backend.pool}</td>` : ''}
    <td>${backend.state === 'draining' && backend.inFlight === 0 ? 'drained' : backend.state}</td>
    ${resources.map((name) => numberCell(backend.capacity ? (backend.meanBacklogSeconds[name] ?? 0).toFixed(2) : 'not declared'))}
    ${[`${backend.meanInFlight.toFixed(1)} / ${backend.maxInFlight}`, backend.requests, backend.errors].map(numberCell)}
    ${[latencyMs?.p50, latencyMs?.p95, latencyMs?.p99].map((ms) => numberCell(ms?.toFixed(1) ?? '–'))}
    ${resources.map((name) => numberCell(Math.round(backend.totals[name] ?? 0)))}
  </tr>`;
}

function numberCell(value: number | string): Html {
  return html`<td class="number">${value}</td>`;
}

function document(body: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="refresh" content="5" />
        <title>Fairlead status</title>
        <link rel="icon" href="/assets/mark.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/status.css" />
      </head>
      <body>
        <h1>Fairlead</h1>
        ${body}
        <p><a href="/">Live page</a> · <a href="/request-log">Request log</a></p>
      </body>
    </html> `;
}
