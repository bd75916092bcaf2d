// The backends that all contenders share: one nginx on three ports. It uses little CPU time, which leaves most of its
// core to the load generator. A server in this process echoes requests, so that tests see what a contender forwards.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { freePorts, OwnProcess } from '../../contenders/processes.js';
import { bodyOf, CASES } from '../cases.js';
import { LOAD_CORE, pinned } from '../pinning.js';
import { familyIds } from '../proc.js';
import { addressesOf, BACKENDS, type Backends, type Echo } from './backends.js';

/** Starts the backends in an existing folder. */
export async function startNginx(folder: string): Promise<Backends> {
  const echo = await startEcho();
  const ports = await freePorts(BACKENDS);
  await mkdir(`${folder}/files`, { recursive: true });
  for (const bytes of new Set(CASES.map(({ responseBytes }) => responseBytes))) {
    await writeFile(`${folder}/files/${bytes}`, bodyOf(bytes));
  }
  await writeFile(`${folder}/nginx.conf`, configuration(folder, ports, echo.port));
  const { command, args } = pinned(LOAD_CORE, {
    command: 'nginx',
    args: ['-p', folder, '-c', `${folder}/nginx.conf`, '-e', `${folder}/error.log`, '-g', 'daemon off;'],
  });
  const nginx = OwnProcess.start('the backends', command, args);
  const stop = async () => {
    await nginx.stop();
    echo.stop();
  };
  try {
    for (const port of ports) await nginx.listening(port);
  } catch (error) {
    await stop();
    throw error;
  }
  return { addresses: addressesOf(ports), pids: familyIds(nginx.pid), stop };
}

/**
 * Without sendfile the head and a body of up to 64 KiB leave in one write, as from most applications. sub_filter looks
 * for a string that never occurs: it makes the length unknown in advance, so nginx sends one chunk for each buffer.
 */
function configuration(folder: string, ports: readonly number[], echoPort: number): string {
  return `
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${folder}/nginx.pid;
events { worker_connections 16384; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n  ')}
  default_type text/html;
  keepalive_timeout 3600s;
  keepalive_requests 1000000000;
  client_body_buffer_size 64k;
  open_file_cache max=100 inactive=1h;
  open_file_cache_valid 1h;
  server {
    ${ports.map((port) => `listen 127.0.0.1:${port} backlog=4096;`).join('\n    ')}
    root ${folder};
    add_header X-Backend $server_port;
    location /files/ {
      sendfile off;
      output_buffers 1 64k;
    }
    location = /files/1048576 {
      sendfile on;
      tcp_nopush on;
    }
    location /chunked/ {
      alias ${folder}/files/;
      sendfile off;
      output_buffers 4 4k;
      sub_filter '@@' '';
      sub_filter_types *;
      sub_filter_once off;
    }
    location = /sink { return 200 "ok"; }
    location = /health { return 200 "up"; }
    location = /echo {
      proxy_pass http://127.0.0.1:${echoPort};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
    }
  }
}
`;
}

async function startEcho(): Promise<{ readonly port: number; readonly stop: () => void }> {
  const server = createServer((request, response) => {
    const hash = createHash('sha256');
    request.on('data', (chunk: Buffer) => hash.update(chunk));
    request.on('end', () => {
      const { method = '', url: target = '', headers } = request;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ method, target, headers, bodySha256: hash.digest('hex') } satisfies Echo));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Lets this process exit while the server still listens.
  server.unref();
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { port: (server.address() as AddressInfo).port, stop };
}
