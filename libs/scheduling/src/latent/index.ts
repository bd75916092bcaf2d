// What a class of requests needs and how fast a machine is, learned from latency alone: the public part.
export { MAX_ADOPTED_ENTRY, MIN_ADOPTED_ENTRY, type SharedTable } from './adoption.js';
export { Exploration } from './exploration.js';
export { MAX_RANK_LIMIT } from './latent-factors.js';
export { LatencyLog, type LatencyLogReader } from './latency-log.js';
export { LatentLearner } from './latent-learner.js';
export { confidence, type LatentModelName, type LatentTable } from './latent-table.js';
export { machineSizes } from './machine-sizes.js';
export type { Stay } from './neighbour-meter.js';
export { mergeShares, type MergedShares } from './sharing/merge-shares.js';
export { alignShare, type Share, type SharedEntry } from './sharing/share.js';
