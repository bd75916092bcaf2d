// The sockets that outlive every balancer: the supervisor binds them, the balancers listen and accept on them.
import { lookup } from 'node:dns/promises';
import net, { type BoundSocket } from 'node:net';
import { SupervisionError, reasonOf, type BalancerSettings } from './settings.ts';

/** The bound sockets, and how they are passed to a balancer. */
export interface SharedSockets {
  readonly dataPort: number;
  /** Undefined without TLS. */
  readonly tlsPort: number | undefined;
  readonly controlPort: number;
  /** In the order of `names`. */
  readonly descriptors: readonly number[];
  /** LISTEN_FDNAMES, see sd_listen_fds(3). */
  readonly names: string;
  /** Closes the supervisor's descriptors. Connections are refused once the balancers have closed theirs too. */
  close(): void;
}

/** @throws {SupervisionError} when a socket cannot be bound. */
export async function bindSockets(settings: BalancerSettings): Promise<SharedSockets> {
  // Added in Node 24.19. Node's servers accept as soon as they listen, so no other public API can only bind a socket.
  if (!('BoundSocket' in net)) {
    throw new SupervisionError(`the supervisor needs Node 24.19 or newer, got ${process.version}`);
  }
  // The control plane first: its socket never has SO_REUSEPORT, so a second supervisor on the same ports fails here.
  const { CONTROL_PLANE_HOST, CONTROL_PLANE_PORT } = settings;
  const control = await bind('CONTROL_PLANE_PORT', { host: CONTROL_PLANE_HOST, port: CONTROL_PLANE_PORT }, false);
  const threads = settings.DATA_PLANE_THREADS ?? 1;
  const { DATA_PLANE_HOST: host, DATA_PLANE_PORT, DATA_PLANE_TLS_PORT } = settings;
  const data = await bindForThreads('DATA_PLANE_PORT', { host, port: DATA_PLANE_PORT }, threads);
  const tls =
    DATA_PLANE_TLS_PORT === undefined
      ? []
      : await bindForThreads('DATA_PLANE_TLS_PORT', { host, port: DATA_PLANE_TLS_PORT }, threads);
  const all = [...data, ...tls, control];
  return {
    dataPort: data[0].address().port,
    tlsPort: tls[0]?.address().port,
    controlPort: control.address().port,
    descriptors: all.map((socket) => socket.fd()),
    names: [...data.map(() => 'data'), ...tls.map(() => 'tls'), 'control'].join(':'),
    close: () => all.forEach((socket) => socket.close()),
  };
}

/** Where a socket is bound. */
interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * One socket per thread: with a shared one, either of two threads got up to 58 of 64 simultaneous connections. With
 * SO_REUSEPORT the kernel distributes connections by hash.
 */
async function bindForThreads(variable: string, { host, port }: Place, threads: number): Promise<BoundSocket[]> {
  const sockets = [await bind(variable, { host, port }, threads > 1)];
  const bound = { host, port: sockets[0].address().port };
  while (sockets.length < threads) sockets.push(await bind(variable, bound, true));
  return sockets;
}

async function bind(variable: string, { host, port }: Place, reusePort: boolean): Promise<BoundSocket> {
  try {
    const { address } = await lookup(host);
    return new net.BoundSocket({ host: address, port, reusePort });
  } catch (error) {
    const hostVariable = variable.replace(/(_TLS)?_PORT$/, '_HOST');
    throw new SupervisionError(`cannot bind ${hostVariable} ${host}, ${variable} ${port}: ${reasonOf(error)}`);
  }
}
