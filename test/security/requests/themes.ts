// All cases of raw bytes, by theme.
import type { Theme } from './case.ts';
import { chunkExtensions, chunkSizes, trailers } from './chunks.ts';
import { expectations, hopByHop, refusedBeforeTheirBody, sequences, upgrades, versionTen } from './connections.ts';
import { codings, lengths, lengthsAndCodings } from './lengths-and-codings.ts';
import { fieldLines, lineEnds, requestLines } from './lines.ts';
import { claims, underscores } from './names.ts';
import { refusalsAfterGoodRequests, requestsAfterRefusals } from './refusals.ts';
import { hosts, targets } from './targets-and-hosts.ts';

export const RAW_THEMES: readonly Theme[] = [
  [lengths, codings, lengthsAndCodings, chunkSizes, chunkExtensions, trailers],
  [
    requestLines,
    lineEnds,
    fieldLines,
    claims,
    underscores,
    targets,
    hosts,
    hopByHop,
    versionTen,
    expectations,
    upgrades,
    sequences,
    refusedBeforeTheirBody,
    refusalsAfterGoodRequests,
    requestsAfterRefusals,
  ],
].flat();
