// Makes handshakes with a server, several at a time, each on a new connection, and prints how many were made.
// Arguments: port, seconds, full or resumed.
import { once } from 'node:events';
import { connect } from 'node:tls';

const [port, seconds, kind] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const CONNECTIONS = 8;
const untilMs = performance.now() + seconds * 1000;

/** Opens a connection, and closes it once the handshake is made. Returns the session that the server sends after that. */
async function handshake(session: Buffer | undefined, wantsSession: boolean): Promise<Buffer | undefined> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, session });
  const [next] = (await once(socket, wantsSession ? 'session' : 'secureConnect')) as [Buffer | undefined];
  if (session && !socket.isSessionReused()) throw new Error('a session was not resumed');
  // A reset would reach the server before the end of the handshake.
  socket.resume().end();
  await once(socket, 'close');
  return next;
}

async function repeat(): Promise<number> {
  const session = kind === 'resumed' ? await handshake(undefined, true) : undefined;
  let count = 0;
  for (; performance.now() < untilMs; count++) await handshake(session, false);
  return count;
}

const counts = await Promise.all(Array.from({ length: CONNECTIONS }, repeat));
process.stdout.write(`${counts.reduce((sum, count) => sum + count, 0)}\n`);
