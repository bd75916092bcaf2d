// A V8 CPU profile, added up by what the time was spent on.

/** As `node --cpu-prof` writes it, as far as it matters here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  /** Node ids, and the time from the sample before to each, microseconds. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** What a part of the time was spent on; the first that fits. */
const PARTS: readonly { readonly part: string; readonly is: RegExp }[] = [
  { part: 'the two writes, the system included', is: /^(writeBuffer|writeLatin1String|writev) / },
  { part: 'garbage collection', is: /^\(garbage collector\)/ },
  { part: 'reads and epoll, the system included, and what the profiler cannot tell', is: /^\(program\)/ },
  { part: 'framing both heads, copying what goes on (libs/http1)', is: /libs\/http1\// },
  { part: 'classes of requests, and learning what they need', is: /\/demand\/|demand-(learning|classifier)/ },
  { part: 'choosing a backend, and accounts', is: /libs\/scheduling\/|balancer\/src\/(scheduling|registry|metrics)\// },
  { part: 'the lane itself', is: /balancer\/src\// },
  { part: 'copying bytes', is: /^(copy|copyImpl|latin1Write|latin1Slice|toString|write) (node:buffer)?$/ },
  { part: "Node's streams and sockets", is: /node:/ },
];
const REST = 'the rest';

/** Parts of the time that was not idle, the largest first; the first `skippedMs` left out, and all behind `forMs` more. */
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
