import { expect, it } from 'vitest';
import { partsOf, type CpuProfile } from './profile-parts.js';

const aNode = (id: number, functionName: string, url = '') => ({ id, callFrame: { functionName, url } });

const PROFILE: CpuProfile = {
  nodes: [
    aNode(1, '(idle)'),
    aNode(2, 'writeBuffer'),
    aNode(3, 'read', 'file:///dist/libs/http1/src/field-section.js'),
    aNode(4, 'compile', 'node:internal/modules'),
    aNode(5, 'learn', 'file:///dist/libs/scheduling/src/demand/latency-inference.js'),
    aNode(6, 'something', 'file:///node_modules/pino/pino.js'),
    aNode(7, 'place', 'file:///dist/apps/balancer/src/placement/placement.js'),
  ],
  // The first second is the start.
  samples: [4, 1, 2, 2, 3, 5, 6, 7, 1, 4],
  timeDeltas: [1_000_000, 500_000, 10, 30, 20, 30, 10, 25, 500_000, 1_000_000],
};

it('returns the parts of the busy time, largest first, and leaves out the start and the end', () => {
  const parts = partsOf(PROFILE, 1000, 1001);
  expect(parts.map(({ part }) => part)).toEqual([
    'the two writes, including the system',
    'classifying requests, and learning their demand',
    'choosing a backend, and accounting',
    'framing both heads, copying what is forwarded (libs/http1)',
    'the rest',
  ]);
  expect(parts.map(({ share }) => share)).toEqual([0.32, 0.24, 0.2, 0.16, 0.08]);
});
