// nginx in an expert setup: shared counters, keep-alive upstream connections, weights, long timeouts.
import type { Site } from './sites.js';
import { weightOf, type BackendAddress, type Contender, type SecurePlace } from './contender.js';

const TIMEOUT = '300s';

/** How the nginx entries differ: the number of workers, and directives for two blocks. */
export interface NginxSetup {
  readonly workers: number | 'auto';
  readonly upstream: readonly string[];
  readonly location: readonly string[];
  /** Hosts and prefixes with a block each; the rest is served all the same. */
  readonly sites?: readonly Site[];
}

/** nginx with this setup. */
export function nginx(name: string, title: string, setup: NginxSetup): Contender {
  return {
    name,
    title,
    program: 'nginx',
    launch: ({ port, folder, backends, tls }) => ({
      command: 'nginx',
      args: ['-p', folder, '-c', `${folder}/nginx.conf`, '-e', `${folder}/error.log`, '-g', 'daemon off;'],
      files: { 'nginx.conf': configuration(port, folder, backends, setup, tls) },
    }),
  };
}

/** `max_fails=0`: nginx never marks a backend as down. */
function configuration(
  port: number,
  folder: string,
  backends: readonly BackendAddress[],
  { workers, upstream, location, sites = [] }: NginxSetup,
  tls: SecurePlace | undefined,
): string {
  const servers = backends.map(
    (backend) => `server 127.0.0.1:${backend.port} weight=${weightOf(backend, backends)} max_fails=0;`,
  );
  const block = (path: string) => `location ${path} {
      proxy_pass http://fleet;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      ${location.join('\n      ')}
      proxy_connect_timeout ${TIMEOUT};
      proxy_send_timeout ${TIMEOUT};
      proxy_read_timeout ${TIMEOUT};
    }`;
  const siteBlocks = sites.map(
    ({ host, prefixes }) =>
      `server {\n    listen 127.0.0.1:${port};\n    server_name ${host};\n    ${prefixes.map(block).join('\n    ')}\n  }`,
  );
  return `
worker_processes ${workers};
worker_rlimit_nofile 20000;
pid ${folder}/nginx.pid;
events { worker_connections 16384; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000;
  server_names_hash_max_size 4096;
  upstream fleet {
    ${upstream.join('\n    ')}
    ${servers.join('\n    ')}
    keepalive 1024;
    keepalive_requests 1000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    ${tls ? secureListener(tls) : ''}
    ${block('/')}
  }
  ${siteBlocks.join('\n  ')}
}
`;
}

function secureListener({ port, certificateFile, keyFile }: SecurePlace): string {
  return `listen 127.0.0.1:${port} ssl backlog=4096;
    ssl_certificate ${certificateFile};
    ssl_certificate_key ${keyFile};
    ssl_protocols TLSv1.2 TLSv1.3;`;
}
