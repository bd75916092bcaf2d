#!/usr/bin/env node
// The command `fairlead`: checks a configuration file, and compares it with what a running balancer has in force.
import { CommanderError } from 'commander';
import { EXIT } from './exit-codes.js';
import { program } from './program.js';

try {
  process.exitCode = await program(process.argv, process.env);
} catch (error) {
  // Commander has written a message already. Asking for help is no mistake.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.failed;
  else {
    process.stderr.write(`fairlead: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = EXIT.failed;
  }
}
