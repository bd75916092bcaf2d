// The shell commands of the README, and how each of them is tested.
import { readFileSync } from 'node:fs';

export const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** Commands that other files run, and which file that is. */
export const RUN_ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['npm ci && npm start', 'test/system/demo.spec.ts'],
  ['npm start -- --port-offset 100', 'test/system/demo.spec.ts'],
  ['npx fairlead demo', 'test/packages/command.spec.ts'],
  ['npm ci', '.ci/run'],
  ['npx fairlead start', 'test/cli/run.spec.ts'],
  ['npm run build', 'scripts/test.ts'],
  ['npm ci && npm test', '.ci/run'],
  ['sudo apt-get install chromium curl faketime haproxy iproute2 prometheus python3 redis-server', '.ci/run'],
]);

const REGISTRATION = `curl -X POST localhost:9797/api/v1/backends -H 'Content-Type: application/json' -d '{
  "id": "files-1", "port": 8080, "resources": { "compute": 2000, "storage": 3000 },
  "pingPath": "/", "leaseSeconds": 300
}'`;

const EXPLANATION = `curl -X POST localhost:9797/api/v1/placement/explain -H 'Content-Type: application/json' -d '{
  "demand": { "compute": 3, "storage": 1 }
}'`;

/** The command that starts a server, and so does not end by itself. */
export const SERVER = `node -e "http.createServer((request, response) => response.end('hello\\n')).listen(8080)"`;

/** The command that puts a server into the fleet, and does not end by itself either. */
export const JOIN =
  'npx fairlead join --compute 2000 --storage 2000 -- python3 -m http.server 8081' +
  ' --bind 127.0.0.1 --directory docs/images';

/** Commands that test/system/readme.spec.ts runs against the demo, and what their output shows. */
export const RUN_AGAINST_DEMO: ReadonlyMap<string, RegExp> = new Map([
  ['curl -i localhost:5252/', /^HTTP\/1\.1 200 OK[^]*"backend":"(cpu|even|disk)-1"/],
  ['npm run spam -- --duration 5 --rate 100', /failed +0\n[^]*cpu-1 +up/],
  ['curl localhost:9797/api/v1/metrics', /"policy":"drf"[^]*"id":"disk-1"/],
  [JOIN, /^$/],
  [SERVER, /^$/],
  [REGISTRATION, /"id":"files-1"/],
  ['curl -X PUT localhost:9797/api/v1/backends/files-1/lease', /"leaseSeconds":300/],
  ['curl -X DELETE localhost:9797/api/v1/backends/files-1', /^$|"state":"draining"/],
  ['npx fairlead explain /', /^goes to \S+\n[^]*^CANDIDATE/m],
  [EXPLANATION, /"chosen":"[^"]+","candidates":\[\{"id":"[^"]+","score":/],
  ["curl -i -H 'Fairlead-Explain: 1' localhost:5252/", /^Fairlead-Placement: "[^"]+"; compute=\d+; storage=\d+/m],
]);

/** The commands of `markdown`, in order: those in fenced blocks marked `sh`, then those in the running text. */
export function commandsIn(markdown: string): string[] {
  const FENCE = /^( *)```sh\n([^]*?)^ *```$/gm;
  const fenced = [...markdown.matchAll(FENCE)].flatMap(([, indent, block]) => {
    return commandsOfBlock(block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
  });
  const text = markdown.replaceAll(FENCE, '');
  const inline = [...text.matchAll(/`((?:npm|npx|node|nest|curl|sudo|docker|\.\/)(?= |\w+\.sh)[^`]*)`/g)];
  return [...fenced, ...inline.map(([, command]) => command.replaceAll(/\s+/g, ' '))];
}

/** A command goes on in the next line while a quotation is open. */
function commandsOfBlock(block: string): string[] {
  const commands: string[] = [];
  let open = '';
  for (const line of block.trimEnd().split('\n')) {
    open = open === '' ? line : `${open}\n${line}`;
    if (open.split("'").length % 2 === 0) continue;
    commands.push(open);
    open = '';
  }
  return commands;
}
