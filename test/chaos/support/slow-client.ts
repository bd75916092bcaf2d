// The client of long bodies, a program of its own, so that moving them does not slow down the client that measures
// latencies: reads downloads slowly and sends uploads as fast as they are read. Run directly by Node.
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { DOWNLOAD_PATH, readSlowly, sendFast, UPLOAD_PATH, type BodyOrders, type BodyReport } from './slow-bodies.ts';

let whole = 0;
let failed = 0;
let downloaded = 0;

process.on('message', (order: BodyOrders | 'stop') => {
  if (order === 'stop') report();
  else void move(order);
});
process.once('disconnect', () => process.exit(0));

/** Moves all bodies at once, each on a connection of its own. */
async function move(orders: BodyOrders): Promise<void> {
  const downloads = Array.from({ length: orders.downloads }, () => account(download(orders)));
  const uploads = Array.from({ length: orders.uploads }, () => account(upload(orders)));
  await Promise.all([...downloads, ...uploads]);
  report();
}

async function account(isWhole: Promise<boolean>): Promise<void> {
  if (await isWhole.catch(() => false)) whole++;
  else failed++;
}

async function download({ balancerPort, bytesEach, bytesPerSecond }: BodyOrders): Promise<boolean> {
  const asked = request({ port: balancerPort, host: '127.0.0.1', agent: false, path: `${DOWNLOAD_PATH}${bytesEach}` });
  asked.end();
  const response = await responseTo(asked);
  return (await readSlowly(response, bytesPerSecond, (bytes) => (downloaded += bytes))) === bytesEach;
}

async function upload({ balancerPort, bytesEach, bytesPerSecond = Infinity }: BodyOrders): Promise<boolean> {
  const headers = { 'content-length': bytesEach };
  const path = `${UPLOAD_PATH}${bytesPerSecond}`;
  const sent = request({ port: balancerPort, host: '127.0.0.1', agent: false, method: 'POST', path, headers });
  const [response] = await Promise.all([responseTo(sent), sendFast(sent, bytesEach)]);
  return (await text(response)) === String(bytesEach);
}

function responseTo(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.on('error', reject);
    asked.once('response', resolve);
  });
}

function report(): void {
  process.send?.({ whole, failed, downloaded } satisfies BodyReport, undefined, {}, () => process.exit(0));
}
