// HAProxy in an expert setup: limits that are never reached, connection reuse, weights, long timeouts.
import type { Site } from './sites.js';
import { weightOf, type BackendAddress, type Contender, type SecurePlace } from './contender.js';

const TIMEOUT = '300s';

const ROOM = 8_000;

/** How the HAProxy entries differ. */
export interface HaproxySetup {
  /** Maximum client connections. */
  readonly room: number;
  /** Directives for its `defaults` section. */
  readonly defaults: readonly string[];
  /** Hosts and prefixes in a map; the rest is served all the same. */
  readonly sites: readonly Site[];
}

/** HAProxy with this `balance` algorithm. */
export function haproxy(
  name: string,
  title: string,
  balance: string,
  { room = ROOM, defaults = [], sites = [] }: Partial<HaproxySetup> = {},
): Contender {
  return {
    name,
    title,
    program: 'haproxy',
    launch: ({ port, folder, backends, tls }) => ({
      command: 'haproxy',
      args: ['-db', '-q', '-f', `${folder}/haproxy.cfg`],
      files: {
        'haproxy.cfg': configuration(port, backends, balance, { room, defaults, sites }, tls, `${folder}/routes.map`),
        'routes.map': sites
          .flatMap(({ host, prefixes }) => prefixes.map((prefix) => `${host}${prefix} fleet\n`))
          .join(''),
      },
    }),
  };
}

/** Two file descriptors per connection may exceed the limit; without strict limits HAProxy starts anyway. */
function configuration(
  port: number,
  backends: readonly BackendAddress[],
  balance: string,
  { room, defaults, sites }: HaproxySetup,
  tls: SecurePlace | undefined,
  map: string,
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
  ${sites.length > 0 ? `use_backend %[base,map_beg(${map},fleet)]` : ''}
  default_backend fleet
backend fleet
  balance ${balance}
  http-reuse always
${servers.join('\n')}
`;
}
