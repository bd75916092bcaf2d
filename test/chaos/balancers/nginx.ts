// nginx as an expert would configure it: a failing backend is skipped for a while, and GETs are retried on the next one.
import type { Launcher } from './launch.ts';

/** The share of the idle timeout of the backends within which a connection is reused. */
const SAFE_PART = 0.5;

export const nginx: Launcher = ({ port, folder }, { backends, idleMs }) => ({
  name: 'nginx',
  command: ['nginx', '-p', folder, '-c', `${folder}/nginx.conf`, '-e', `${folder}/error.log`],
  env: {},
  files: {
    'nginx.conf': `
daemon off;
worker_processes auto;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
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
    least_conn;
    ${backends.map((backend) => `server 127.0.0.1:${backend.port} max_fails=1 fail_timeout=5s;`).join('\n    ')}
    keepalive 256;
    ${idleMs === undefined ? '' : `keepalive_timeout ${Math.floor(idleMs * SAFE_PART)}ms;`}
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://fleet;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_connect_timeout 1s;
      proxy_read_timeout 1s;
      proxy_next_upstream error timeout;
      proxy_next_upstream_tries 3;
    }
  }
}
`,
  },
  listening: undefined,
  reloadSignal: 'SIGHUP',
  reloaded: undefined,
});
