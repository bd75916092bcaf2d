// The sockets that outlive every balancer: the supervisor binds them, the balancers listen and accept on them.
import { lookup } from 'node:dns/promises';
import net, { type BoundSocket } from 'node:net';
import { SupervisionError, reasonOf, type BalancerSettings } from './settings.ts';

/** The bound sockets, and how they are passed to a balancer. */
export interface SharedSockets {
  readonly dataPort: number;
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
  const control = await bind('CONTROL_PLANE', settings.CONTROL_PLANE_HOST, settings.CONTROL_PLANE_PORT, false);
  const threads = settings.DATA_PLANE_THREADS ?? 1;
  // One socket per thread: with a shared one, either of two threads got up to 58 of 64 simultaneous connections. With
  // SO_REUSEPORT the kernel distributes connections by hash.
  const isSpread = threads > 1;
  const first = await bind('DATA_PLANE', settings.DATA_PLANE_HOST, settings.DATA_PLANE_PORT, isSpread);
  const { port: dataPort } = first.address();
  const data = [first];
  while (data.length < threads) data.push(await bind('DATA_PLANE', settings.DATA_PLANE_HOST, dataPort, isSpread));
  const all = [...data, control];
  return {
    dataPort,
    controlPort: control.address().port,
    descriptors: all.map((socket) => socket.fd()),
    names: [...data.map(() => 'data'), 'control'].join(':'),
    close: () => all.forEach((socket) => socket.close()),
  };
}

async function bind(name: string, host: string, port: number, reusePort: boolean): Promise<BoundSocket> {
  try {
    const { address } = await lookup(host);
    return new net.BoundSocket({ host: address, port, reusePort });
  } catch (error) {
    throw new SupervisionError(`cannot bind ${name}_HOST ${host}, ${name}_PORT ${port}: ${reasonOf(error)}`);
  }
}
