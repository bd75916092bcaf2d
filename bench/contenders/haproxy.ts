// HAProxy as somebody would set it up who knows it: no limit that bites, connections reused, weights, patience.
import { weightOf, type BackendAddress, type Contender } from './contender.js';

const PATIENCE = '300s';

const ROOM = 8_000;

/** What sets one HAProxy apart from another. */
export interface HaproxySetup {
  /** Client connections it has room for. */
  readonly room: number;
  /** Directives for all its proxies. */
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
    launch: ({ port, folder, backends }) => ({
      command: 'haproxy',
      args: ['-db', '-q', '-f', `${folder}/haproxy.cfg`],
      files: { 'haproxy.cfg': configuration(port, backends, balance, { room, defaults }) },
    }),
  };
}

/** Twice the room in open files is more than some machines allow; without strict limits it starts all the same. */
function configuration(
  port: number,
  backends: readonly BackendAddress[],
  balance: string,
  { room, defaults }: HaproxySetup,
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
  timeout connect ${PATIENCE}
  timeout client ${PATIENCE}
  timeout server ${PATIENCE}
  timeout queue ${PATIENCE}
  ${defaults.join('\n  ')}
frontend clients
  bind 127.0.0.1:${port} backlog 4096
  maxconn ${room}
  default_backend fleet
backend fleet
  balance ${balance}
  http-reuse always
${servers.join('\n')}
`;
}
