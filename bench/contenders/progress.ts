// The progress bar of a benchmark in the terminal.
import { SingleBar } from 'cli-progress';

/** A bar with the payload `{ doing }`. Without a terminal it prints a line every ten seconds. */
export function progressBar(): SingleBar {
  return new SingleBar({
    format: '{bar} {value}/{total}  {eta_formatted} left  {doing}',
    hideCursor: true,
    noTTYOutput: !process.stderr.isTTY,
    notTTYSchedule: 10_000,
  });
}
