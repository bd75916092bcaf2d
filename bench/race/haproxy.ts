// HAProxy as somebody would set it up who knows it: no limit that bites, connections reused, weights, patience.
import { weightOf, type BackendAddress, type Contender } from './contender.js';

const PATIENCE = '300s';

/** HAProxy with this `balance` algorithm. */
export function haproxy(name: string, title: string, balance: string): Contender {
  return {
    name,
    title,
    program: 'haproxy',
    launch: ({ port, folder, backends }) => ({
      command: 'haproxy',
      args: ['-db', '-q', '-f', `${folder}/haproxy.cfg`],
      files: { 'haproxy.cfg': configuration(port, backends, balance) },
    }),
  };
}

function configuration(port: number, backends: readonly BackendAddress[], balance: string): string {
  const servers = backends.map(
    (backend) => `  server ${backend.id} 127.0.0.1:${backend.port} weight ${weightOf(backend, backends)}`,
  );
  return `
global
  maxconn 8000
defaults
  mode http
  timeout connect ${PATIENCE}
  timeout client ${PATIENCE}
  timeout server ${PATIENCE}
  timeout queue ${PATIENCE}
frontend clients
  bind 127.0.0.1:${port} backlog 4096
  maxconn 8000
  default_backend fleet
backend fleet
  balance ${balance}
  http-reuse always
${servers.join('\n')}
`;
}
