// Sums a V8 CPU profile by what the time was spent on.

/** The fields of a `node --cpu-prof` file that are needed here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  /** Node ids, and the time from the previous sample to each, microseconds. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Parts of the time, by the function and file of the sample; the first match counts. */
const PARTS: readonly { readonly part: string; readonly is: RegExp }[] = [
  { part: 'the two writes, including the system', is: /^(writeBuffer|writeLatin1String|writev) / },
  { part: 'garbage collection', is: /^\(garbage collector\)/ },
  { part: 'reads and epoll, including the system, and what the profiler misses', is: /^\(program\)/ },
  { part: 'framing both heads, copying what is forwarded (libs/http1)', is: /libs\/http1\// },
  { part: 'classifying requests, and learning their demand', is: /\/demand\/|demand-(learning|classifier)/ },
  {
    part: 'choosing a backend, and accounting',
    is: /libs\/scheduling\/|balancer\/src\/(placement|registry|metrics)\//,
  },
  { part: 'the lane itself', is: /balancer\/src\// },
  { part: 'copying bytes', is: /^(copy|copyImpl|latin1Write|latin1Slice|toString|write) (node:buffer)?$/ },
  { part: "Node's streams and sockets", is: /node:/ },
];
const REST = 'the rest';

/** Parts of the busy time, largest first, within the `forMs` that follow the first `skippedMs`. */
export function partsOf(profile: CpuProfile, skippedMs: number, forMs: number): { part: string; share: number }[] {
  const partById = new Map<number, string | undefined>();
  for (const { id, callFrame } of profile.nodes) {
    const name = `${callFrame.functionName} ${callFrame.url}`;
    partById.set(id, name.startsWith('(idle)') ? undefined : (PARTS.find(({ is }) => is.test(name))?.part ?? REST));
  }
  const micros = new Map<string, number>();
  let total = 0;
  let at = 0;
  for (const [i, id] of profile.samples.entries()) {
    const passed = profile.timeDeltas[i];
    at += passed;
    const part = partById.get(id);
    if (part === undefined || at <= skippedMs * 1000 || at > (skippedMs + forMs) * 1000) continue;
    micros.set(part, (micros.get(part) ?? 0) + passed);
    total += passed;
  }
  return [...micros].map(([part, spent]) => ({ part, share: spent / total })).toSorted((a, b) => b.share - a.share);
}
