// The bar in the terminal that shows how far a benchmark is, and what it is doing.
import { SingleBar } from 'cli-progress';

/** A bar whose payload is `{ doing }`. Without a terminal it prints a line every ten seconds. */
export function progressBar(): SingleBar {
  return new SingleBar({
    format: '{bar} {value}/{total}  {eta_formatted} left  {doing}',
    hideCursor: true,
    noTTYOutput: !process.stderr.isTTY,
    notTTYSchedule: 10_000,
  });
}
