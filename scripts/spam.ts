// `npm run spam`: sends load to the balancer with a progress bar, and prints the results and the share of each backend.
import autocannon, { type Result } from 'autocannon';
import { SingleBar } from 'cli-progress';
import { spamOptions, SPAM_HELP, type SpamOptions } from './spam-options.ts';
import { backendTable, readFleet, resultTable } from './spam-summary.ts';

const BAR_INTERVAL_MS = 200;

process.exit(await main());

async function main(): Promise<number> {
  const options = spamOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(SPAM_HELP);
    return 0;
  }
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n`);
    return 1;
  }
  const before = await readFleet(options.control);
  const result = await sendLoad(options);
  const after = await readFleet(options.control);
  process.stdout.write(`\n${resultTable(result)}\n`);
  if (before && after)
    process.stdout.write(`\nPer backend, as counted by the balancer:\n${backendTable(before, after)}\n`);
  else process.stderr.write(`${options.control} does not respond: no figures per backend\n`);
  if (result['2xx'] + result.non2xx > 0) return result.non2xx + result.errors > 0 ? 1 : 0;
  process.stderr.write(`no response from ${options.url}: is the balancer running? Start it with: npm start\n`);
  return 1;
}

function sendLoad({ url, method, connections, durationSeconds, rate }: SpamOptions): Promise<Result> {
  return new Promise((resolve, reject) => {
    const bar = new SingleBar({
      format: '{bar} {elapsed} of {total} s, {responses} responses, {failures} failed',
      noTTYOutput: !process.stdout.isTTY,
      notTTYSchedule: 2000,
      stream: process.stdout.isTTY ? process.stderr : process.stdout,
    });
    const counts = { responses: 0, failures: 0 };
    const beganAt = performance.now();
    const payload = () => ({ ...counts, elapsed: elapsedSeconds().toFixed(0) });
    const elapsedSeconds = () => Math.min(durationSeconds, (performance.now() - beganAt) / 1000);
    const instance = autocannon(
      { url, method, connections, duration: durationSeconds, ...(rate === undefined ? {} : { overallRate: rate }) },
      (error: Error | null, result: Result) => {
        clearInterval(timer);
        bar.update(durationSeconds, { ...counts, elapsed: durationSeconds });
        bar.stop();
        if (error) reject(error);
        else resolve(result);
      },
    );
    bar.start(durationSeconds, 0, payload());
    const timer = setInterval(() => bar.update(elapsedSeconds(), payload()), BAR_INTERVAL_MS);
    instance.on('response', (_client, statusCode) => {
      counts.responses++;
      if (statusCode >= 400) counts.failures++;
    });
    instance.on('reqError', () => counts.failures++);
    // Ctrl-C ends the load early; the summary is printed all the same.
    process.once('SIGINT', () => (instance as unknown as { stop: () => void }).stop());
  });
}
