#!/usr/bin/env node
// The entry of the command `fairlead`. An older Node loads it, and hands over to the one that was installed with it.
import { isRequiredNode, runUnderRequiredNode } from './node/required-node.js';

if (isRequiredNode(process.versions.node)) {
  const { useCompileCache } = await import('@fairlead/compile-cache');
  useCompileCache();
  await import('./run.js');
} else {
  try {
    process.exitCode = await runUnderRequiredNode();
  } catch (error) {
    process.stderr.write(`fairlead: ${(error as Error).message}\n`);
    process.exitCode = 2;
  }
}
