// A client process that opens connections, completes one request on each, and then keeps them idle. Prints `idle` when
// all of them are idle, and fails as soon as one is closed. Arguments: port, path, number of connections, plain or tls.
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

const [port, path, count] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
const isSecure = process.argv[5] === 'tls';
/** Connections opened at a time, so that no accept queue overflows. */
const AT_ONCE = 100;

const kept: Socket[] = [];
for (let i = 0; i < count; i += AT_ONCE) {
  kept.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - i) }, open))));
}
for (const socket of kept) socket.on('close', () => fail('a connection was closed'));
if (kept.some(({ destroyed }) => destroyed)) fail('a connection was closed');
process.stdout.write('idle\n');

/** Resolves when the response is complete. It must have a Content-Length. */
function open(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = isSecure
      ? connectSecurely({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connect(port, '127.0.0.1');
    let text = '';
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n') + 4;
      const length = /^content-length: *(\d+)\r$/im.exec(text)?.[1];
      if (end < 4 || text.length < end + Number(length)) return;
      if (!text.startsWith('HTTP/1.1 200 ') || length === undefined) fail(`response ${text.slice(0, 100)}`);
      socket.off('data', onData).resume();
      resolve(socket);
    };
    socket.on('data', onData);
    socket.on('error', ({ message }) => fail(message));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: idle\r\nAccept: */*\r\n\r\n`);
  });
}

function fail(what: string): never {
  process.stderr.write(`${what}\n`);
  process.exit(1);
}
