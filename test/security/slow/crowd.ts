// Many connections that do the same bad thing, for as long as it takes.
import { connect, type Socket } from 'node:net';

/** What each connection does. */
export interface Behaviour {
  readonly name: string;
  /** Whether it goes to the control plane, whose clients must not harm those of the data plane. */
  readonly isAtControlPlane?: boolean;
  /** When it is open. */
  begin(socket: Socket): void;
  /** Every second, when it is still open. */
  readonly eachSecond?: (socket: Socket) => void;
  /** How long it stays open before it is closed and another one begins. Seconds. */
  readonly leavesAfterSeconds?: number;
}

const SECOND_MS = 1_000;

export class Crowd {
  /** How many connections were begun. */
  begun = 0;
  /** The open ones, and how many seconds each has been. */
  private readonly sockets = new Map<Socket, number>();
  private readonly timer: NodeJS.Timeout;
  private readonly port: number;
  private readonly count: number;
  private readonly behaviour: Behaviour;

  /** Keeps this many connections to a port of 127.0.0.1. */
  constructor(port: number, count: number, behaviour: Behaviour) {
    this.port = port;
    this.count = count;
    this.behaviour = behaviour;
    this.fill();
    this.timer = setInterval(() => this.tick(), SECOND_MS);
  }

  /** Closes all of them. */
  stop(): void {
    clearInterval(this.timer);
    for (const socket of this.sockets.keys()) socket.destroy();
  }

  private tick(): void {
    const { eachSecond, leavesAfterSeconds = Infinity } = this.behaviour;
    for (const [socket, seconds] of this.sockets) {
      this.sockets.set(socket, seconds + 1);
      if (seconds + 1 >= leavesAfterSeconds) socket.destroy();
      else if (socket.writable) eachSecond?.(socket);
    }
    this.fill();
  }

  private fill(): void {
    while (this.sockets.size < this.count) {
      const socket = connect({ port: this.port, host: '127.0.0.1' });
      this.begun++;
      this.sockets.set(socket, 0);
      socket.on('error', () => {});
      socket.once('close', () => this.sockets.delete(socket));
      socket.once('connect', () => this.behaviour.begin(socket));
    }
  }
}
