// nginx as somebody would set it up who knows it: shared counters, kept-alive upstreams, weights, patience.
import { weightOf, type BackendAddress, type Contender } from './contender.js';

const PATIENCE = '300s';

/** nginx with these balancing directives in its upstream block. */
export function nginx(name: string, title: string, directives: readonly string[]): Contender {
  return {
    name,
    title,
    program: 'nginx',
    launch: ({ port, folder, backends }) => ({
      command: 'nginx',
      args: ['-p', folder, '-c', `${folder}/nginx.conf`, '-e', `${folder}/error.log`, '-g', 'daemon off;'],
      files: { 'nginx.conf': configuration(port, folder, backends, directives) },
    }),
  };
}

/** `zone` shares the counters among workers, without which each would count for itself. `max_fails=0`: nobody is down here. */
function configuration(
  port: number,
  folder: string,
  backends: readonly BackendAddress[],
  directives: readonly string[],
): string {
  const servers = backends.map(
    (backend) => `server 127.0.0.1:${backend.port} weight=${weightOf(backend, backends)} max_fails=0;`,
  );
  return `
worker_processes auto;
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
  upstream fleet {
    zone fleet 1m;
    ${directives.join('\n    ')}
    ${servers.join('\n    ')}
    keepalive 1024;
    keepalive_requests 1000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://fleet;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_connect_timeout ${PATIENCE};
      proxy_send_timeout ${PATIENCE};
      proxy_read_timeout ${PATIENCE};
    }
  }
}
`;
}
