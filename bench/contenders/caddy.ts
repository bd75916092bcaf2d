// Caddy in an expert setup: a large pool of keep-alive upstream connections, and no feature it does not need.
import type { Site } from './sites.js';
import type { BackendAddress, Contender, SecurePlace } from './contender.js';

/** Caddy with this `lb_policy`. In Debian's version, no connection-based policy supports weights. */
export function caddy(name: string, title: string, policy: string, sites: readonly Site[] = []): Contender {
  return {
    name,
    title,
    program: 'caddy',
    launch: ({ port, folder, backends, tls }) => ({
      command: 'caddy',
      args: ['run', '--config', `${folder}/Caddyfile`, '--adapter', 'caddyfile'],
      env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
      files: { Caddyfile: configuration(port, backends, policy, tls, sites) },
    }),
  };
}

function configuration(
  port: number,
  backends: readonly BackendAddress[],
  policy: string,
  tls: SecurePlace | undefined,
  sites: readonly Site[],
): string {
  return `{
	admin off
	auto_https off
	log {
		level ERROR
	}
}
(fleet-proxy) {
	reverse_proxy ${backends.map((backend) => `127.0.0.1:${backend.port}`).join(' ')} {
		lb_policy ${policy}
		transport http {
			dial_timeout 300s
			keepalive 60s
			keepalive_idle_conns 8192
			keepalive_idle_conns_per_host 1024
		}
	}
}
(fleet) {
	bind 127.0.0.1
	import fleet-proxy
}
http://:${port} {
	import fleet
}
${sites.map(({ host, prefixes }) => siteBlock(port, host, prefixes)).join('\n')}
${tls ? `https://:${tls.port} {\n\ttls ${tls.certificateFile} ${tls.keyFile}\n\timport fleet\n}` : ''}
`;
}

function siteBlock(port: number, host: string, prefixes: readonly string[]): string {
  const handlers = prefixes.map((prefix) => `\thandle ${prefix}* {\n\t\timport fleet-proxy\n\t}`);
  return `http://${host}:${port} {\n\tbind 127.0.0.1\n${handlers.join('\n')}\n}`;
}
