// Caddy in an expert setup: a large pool of keep-alive upstream connections, and no feature it does not need.
import type { BackendAddress, Contender, SecurePlace } from './contender.js';

/** Caddy with this `lb_policy`. In Debian's version, no connection-based policy supports weights. */
export function caddy(name: string, title: string, policy: string): Contender {
  return {
    name,
    title,
    program: 'caddy',
    launch: ({ port, folder, backends, tls }) => ({
      command: 'caddy',
      args: ['run', '--config', `${folder}/Caddyfile`, '--adapter', 'caddyfile'],
      env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
      files: { Caddyfile: configuration(port, backends, policy, tls) },
    }),
  };
}

function configuration(
  port: number,
  backends: readonly BackendAddress[],
  policy: string,
  tls: SecurePlace | undefined,
): string {
  return `{
	admin off
	auto_https off
	log {
		level ERROR
	}
}
(fleet) {
	bind 127.0.0.1
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
http://:${port} {
	import fleet
}
${tls ? `https://:${tls.port} {\n\ttls ${tls.certificateFile} ${tls.keyFile}\n\timport fleet\n}` : ''}
`;
}
