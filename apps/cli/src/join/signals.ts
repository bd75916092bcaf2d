// The signals that this process gets, for as long as it stands in for another one.

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const OTHER_SIGNALS = ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'] as const;

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
  let isStopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) onStopAgain(signal);
    else {
      isStopping = true;
      onStop(signal);
    }
  };
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  if (onOther === undefined) process.on('SIGHUP', stop);
  else for (const signal of OTHER_SIGNALS) process.on(signal, onOther);
}
