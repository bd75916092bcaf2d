// What a dispatching thread counts besides the load of the backends. In shared memory, like the rest of its row.

/** The names of the counters, in the order of their cells. */
const CELLS = [
  'taken',
  'unplaced',
  'retries',
  'queued',
  'reportsAccepted',
  'reportsIgnored',
  'proxyProtocolErrors',
  'overConnections',
  'overConnectionRate',
  'overInFlight',
  'overRequestRate',
  'untrackedClients',
  'tlsHandshakes',
  'tlsResumptions',
  'tlsHandshakeErrors',
  'tlsOnPlainPort',
  'copies',
  'copiesDropped',
  'bytesReceived',
  'bytesSent',
  'accepted',
  'connections',
  'loopDelayMean',
  'loopDelayMax',
  'loopUtilization',
] as const;

/** The name of a counter of {@link ThreadCounts}. */
export type ThreadCount = (typeof CELLS)[number];

/** Number of cells in {@link ThreadCounts}. */
export const THREAD_COUNTS = CELLS.length;

/** One thread's counters. Only that thread writes them; other threads may read them at any time. */
export class ThreadCounts implements Record<ThreadCount, number> {
  constructor(private readonly cells: Float64Array) {}

  /** Requests accepted from clients, since start. */
  get taken(): number {
    return this.cells[0];
  }
  set taken(requests: number) {
    this.cells[0] = requests;
  }

  /** Requests for which no backend was available, since start. */
  get unplaced(): number {
    return this.cells[1];
  }
  set unplaced(requests: number) {
    this.cells[1] = requests;
  }

  /** Attempts beyond the first, since start. */
  get retries(): number {
    return this.cells[2];
  }
  set retries(attempts: number) {
    this.cells[2] = attempts;
  }

  /** Requests waiting for room now. */
  get queued(): number {
    return this.cells[3];
  }
  set queued(requests: number) {
    this.cells[3] = requests;
  }

  /** Cost reports accepted, since start. */
  get reportsAccepted(): number {
    return this.cells[4];
  }
  set reportsAccepted(reports: number) {
    this.cells[4] = reports;
  }

  /** Cost reports ignored as invalid, since start. */
  get reportsIgnored(): number {
    return this.cells[5];
  }
  set reportsIgnored(reports: number) {
    this.cells[5] = reports;
  }

  /** Connections closed because their PROXY header was invalid, incomplete or missing, since start. */
  get proxyProtocolErrors(): number {
    return this.cells[6];
  }
  set proxyProtocolErrors(connections: number) {
    this.cells[6] = connections;
  }

  /** Connections refused because their client had too many, since start. */
  get overConnections(): number {
    return this.cells[7];
  }
  set overConnections(events: number) {
    this.cells[7] = events;
  }

  /** Connections refused because their client opened them too fast, since start. */
  get overConnectionRate(): number {
    return this.cells[8];
  }
  set overConnectionRate(events: number) {
    this.cells[8] = events;
  }

  /** Requests refused because their client had too many in flight, since start. */
  get overInFlight(): number {
    return this.cells[9];
  }
  set overInFlight(events: number) {
    this.cells[9] = events;
  }

  /** Requests refused because their client sent them too fast, since start. */
  get overRequestRate(): number {
    return this.cells[10];
  }
  set overRequestRate(events: number) {
    this.cells[10] = events;
  }

  /** Connections and requests whose client could not be counted, since start. */
  get untrackedClients(): number {
    return this.cells[11];
  }
  set untrackedClients(events: number) {
    this.cells[11] = events;
  }

  /** TLS handshakes that were completed, since start. */
  get tlsHandshakes(): number {
    return this.cells[12];
  }
  set tlsHandshakes(handshakes: number) {
    this.cells[12] = handshakes;
  }

  /** Those of them that resumed a session, since start. */
  get tlsResumptions(): number {
    return this.cells[13];
  }
  set tlsResumptions(handshakes: number) {
    this.cells[13] = handshakes;
  }

  /** Connections on the TLS port that were refused, or closed before their handshake was complete, since start. */
  get tlsHandshakeErrors(): number {
    return this.cells[14];
  }
  set tlsHandshakeErrors(connections: number) {
    this.cells[14] = connections;
  }

  /** Connections on the plain port that began with TLS and were closed, since start. */
  get tlsOnPlainPort(): number {
    return this.cells[15];
  }
  set tlsOnPlainPort(connections: number) {
    this.cells[15] = connections;
  }

  /** Copies of requests that were sent to another pool, since start. */
  get copies(): number {
    return this.cells[16];
  }
  set copies(requests: number) {
    this.cells[16] = requests;
  }

  /** Copies that were not sent because there was no backend, no room, or no whole body, since start. */
  get copiesDropped(): number {
    return this.cells[17];
  }
  set copiesDropped(requests: number) {
    this.cells[17] = requests;
  }

  /** Bytes of requests that have ended, as clients sent them, since start. */
  get bytesReceived(): number {
    return this.cells[18];
  }
  set bytesReceived(bytes: number) {
    this.cells[18] = bytes;
  }

  /** Bytes that were sent to clients for requests that have ended, since start. */
  get bytesSent(): number {
    return this.cells[19];
  }
  set bytesSent(bytes: number) {
    this.cells[19] = bytes;
  }

  /** Connections of clients accepted, since start. */
  get accepted(): number {
    return this.cells[20];
  }
  set accepted(connections: number) {
    this.cells[20] = connections;
  }

  /** Connections of clients that are open, when the thread looked last. */
  get connections(): number {
    return this.cells[21];
  }
  set connections(open: number) {
    this.cells[21] = open;
  }

  /** How late the event loop of the thread was in the last second, on average, seconds. */
  get loopDelayMean(): number {
    return this.cells[22];
  }
  set loopDelayMean(seconds: number) {
    this.cells[22] = seconds;
  }

  /** How late it was at most, seconds. */
  get loopDelayMax(): number {
    return this.cells[23];
  }
  set loopDelayMax(seconds: number) {
    this.cells[23] = seconds;
  }

  /** Which part of the last second the event loop was busy, 0 to 1. */
  get loopUtilization(): number {
    return this.cells[24];
  }
  set loopUtilization(ratio: number) {
    this.cells[24] = ratio;
  }
}
