// HAProxy as an expert would configure it: health checks, failed GETs retried on another backend, and connections that
// are idle at a reload closed with their next response.
import type { Launcher } from './launch.ts';

export const haproxy: Launcher = ({ port, folder }, { backends, isReloadable, idleMs }) => ({
  name: 'haproxy',
  command: ['haproxy', ...(isReloadable ? ['-W'] : []), '-db', '-f', `${folder}/haproxy.cfg`],
  env: {},
  files: {
    'haproxy.cfg': `
global
  maxconn 8000
  stats socket ${folder}/stats.sock level admin expose-fd listeners
  hard-stop-after 30s
defaults
  mode http
  timeout connect 1s
  timeout client 75s
  timeout server 1s
  timeout queue 5s
  option redispatch 1
  retries 3
  # What may be repeated is a question of the method: see disable-l7-retry.
  retry-on conn-failure empty-response response-timeout
frontend clients
  bind 127.0.0.1:${port} backlog 4096
  option idle-close-on-response
  http-request disable-l7-retry if METH_POST
  default_backend fleet
backend fleet
  balance leastconn
  ${idleMs === undefined ? '' : 'option http-server-close'}
  option httpchk GET /health
  default-server check inter 200ms fall 2 rise 2 observe layer4 error-limit 1 on-error mark-down
${backends.map((backend) => `  server ${backend.id} 127.0.0.1:${backend.port}`).join('\n')}
`,
  },
  listening: undefined,
  reloadSignal: 'SIGUSR2',
  reloaded: undefined,
});
