// HAProxy in an expert setup: limits that are never reached, connection reuse, weights, long timeouts.
import { weightOf, type BackendAddress, type Contender, type SecurePlace } from './contender.js';

const TIMEOUT = '300s';

const ROOM = 8_000;

/** How the HAProxy entries differ. */
export interface HaproxySetup {
  /** Maximum client connections. */
  readonly room: number;
  /** Directives for its `defaults` section. */
  readonly defaults: readonly string[];
}

/** HAProxy with this `balance` algorithm. */
export function haproxy(
  name: string,
  title: string,
  balance: string,
  { room = ROOM, defaults = [] }: Partial<HaproxySetup> = {},
): Contender {
  return {
    name,
    title,
    program: 'haproxy',
    launch: ({ port, folder, backends, tls }) => ({
      command: 'haproxy',
      args: ['-db', '-q', '-f', `${folder}/haproxy.cfg`],
      files: { 'haproxy.cfg': configuration(port, backends, balance, { room, defaults }, tls) },
    }),
  };
}

/** Two file descriptors per connection may exceed the limit; without strict limits HAProxy starts anyway. */
function configuration(
  port: number,
  backends: readonly BackendAddress[],
  balance: string,
  { room, defaults }: HaproxySetup,
  tls: SecurePlace | undefined,
): string {
  const servers = backends.map(
    (backend) => `  server ${backend.id} 127.0.0.1:${backend.port} weight ${weightOf(backend, backends)}`,
  );
  return `
global
  maxconn ${room}
  no strict-limits
defaults
  mode http
  timeout connect ${TIMEOUT}
  timeout client ${TIMEOUT}
  timeout server ${TIMEOUT}
  timeout queue ${TIMEOUT}
  ${defaults.join('\n  ')}
frontend clients
  bind 127.0.0.1:${port} backlog 4096
  ${tls ? `bind 127.0.0.1:${tls.port} backlog 4096 ssl crt ${tls.bundleFile}` : ''}
  maxconn ${room}
  default_backend fleet
backend fleet
  balance ${balance}
  http-reuse always
${servers.join('\n')}
`;
}
