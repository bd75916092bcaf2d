// The simplest TLS server in Node, to compare with: it makes the handshake, and closes when its client does.
// Variables: PORT, CERTIFICATE, KEY.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';

const { PORT, CERTIFICATE = '', KEY = '' } = process.env;
const options = { cert: readFileSync(CERTIFICATE), key: readFileSync(KEY), ALPNProtocols: ['http/1.1'] };
createServer(options, (socket) => socket.on('error', () => {}).resume()).listen(Number(PORT), '127.0.0.1');
