// The signals that this process gets, for as long as it stands in for another one.

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const OTHER_SIGNALS = ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'] as const;

/** npm passes on what a terminal has sent to its command already, so that one Ctrl-C comes twice. */
const SAME_REQUEST_MS = 500;

/** What becomes of signals. */
export interface SignalHandlers {
  /** The first one that asks for an end. */
  readonly onStop: (signal: NodeJS.Signals) => void;
  /** A further one. */
  readonly onStopAgain: (signal: NodeJS.Signals) => void;
  /** Any other; undefined: they have their usual effect, except that SIGHUP asks for an end. */
  readonly onOther?: (signal: NodeJS.Signals) => void;
}

/** Handles signals until this process ends. */
export function handleSignals({ onStop, onStopAgain, onOther }: SignalHandlers): void {
  let last: { readonly signal: NodeJS.Signals; readonly atMs: number } | undefined;
  const stop = (signal: NodeJS.Signals) => {
    const atMs = performance.now();
    const before = last;
    last = { signal, atMs };
    if (before === undefined) onStop(signal);
    else if (before.signal !== signal || atMs - before.atMs > SAME_REQUEST_MS) onStopAgain(signal);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  if (onOther === undefined) process.on('SIGHUP', stop);
  else for (const signal of OTHER_SIGNALS) process.on(signal, onOther);
}
