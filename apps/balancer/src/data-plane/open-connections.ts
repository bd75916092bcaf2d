// Knows the clients' connections and what is being answered on each, so that a shutdown loses nothing: whoever is served
// is served to the last byte, whoever is not is let go.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export class OpenConnections {
  private readonly answering = new Map<Socket, Set<ServerResponse>>();
  private isClosing = false;

  add(socket: Socket): void {
    this.answering.set(socket, new Set());
    socket.once('close', () => this.answering.delete(socket));
  }

  /** A request has come in on `socket`; it counts until `response` is sent or cut. */
  begin(socket: Socket, response: ServerResponse): void {
    const responses = this.answering.get(socket);
    if (!responses) return;
    responses.add(response);
    if (this.isClosing) response.shouldKeepAlive = false;
    response.once('close', () => {
      responses.delete(response);
      if (this.isClosing && responses.size === 0) socket.destroySoon();
    });
  }

  /** Whether an answer is under way on `socket`. */
  isAnswering(socket: Socket): boolean {
    return (this.answering.get(socket)?.size ?? 0) > 0;
  }

  /** From here on an answer is the last one on its connection, and says so. */
  announceClose(): void {
    this.isClosing = true;
    for (const responses of this.answering.values()) {
      for (const response of responses) response.shouldKeepAlive = false;
    }
  }

  /** Closes the connections on which nothing is answered. */
  closeIdle(): void {
    for (const [socket, responses] of this.answering) {
      if (responses.size === 0) socket.destroySoon();
    }
  }

  /** Cuts whatever is still open. */
  destroyAll(): void {
    for (const socket of this.answering.keys()) socket.destroy();
  }
}
