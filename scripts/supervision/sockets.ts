// The sockets that outlive every balancer: bound here, listened and accepted on by the balancers alone.
import { lookup } from 'node:dns/promises';
import net, { type BoundSocket } from 'node:net';
import { SupervisionError, reasonOf, type BalancerSettings } from './settings.ts';

/** The bound sockets, and how a balancer is told of them. */
export interface SharedSockets {
  readonly dataPort: number;
  readonly controlPort: number;
  /** In the order of `names`. */
  readonly descriptors: readonly number[];
  /** LISTEN_FDNAMES, see sd_listen_fds(3). */
  readonly names: string;
  /** From here on connections are refused once the balancers have closed their own descriptors. */
  close(): void;
}

/** @throws {SupervisionError} when a port cannot be had. */
export async function bindSockets(settings: BalancerSettings): Promise<SharedSockets> {
  // Added in 24.19. Node's servers accept as soon as they listen, so there is no other way in its public API.
  if (!('BoundSocket' in net)) {
    throw new SupervisionError(`the supervisor needs Node 24.19 or newer, this is ${process.version}`);
  }
  // The control plane first: its socket is never shared, so a second supervisor on the same ports fails here.
  const control = await bind('CONTROL_PLANE', settings.CONTROL_PLANE_HOST, settings.CONTROL_PLANE_PORT, false);
  const threads = settings.DATA_PLANE_THREADS ?? 1;
  // A socket for each thread, because threads that share one take connections as they come: of 64 at once one thread of
  // two got up to 58. SO_REUSEPORT has the kernel spread them by hash.
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
    throw new SupervisionError(`${name}_HOST ${host} and ${name}_PORT ${port} cannot be had: ${reasonOf(error)}`);
  }
}
