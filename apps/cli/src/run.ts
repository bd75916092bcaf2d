// Runs the command that the arguments of this process name, and turns errors into a sentence and an exit code.
import { CommanderError } from 'commander';
import { EXIT } from './invocation/exit-codes.js';
import { endQuietlyWithoutReader } from './output/streams.js';
import { program } from './program.js';

endQuietlyWithoutReader();
try {
  process.exitCode = await program(process.argv, process.env);
} catch (error) {
  // Commander has written a message already. Asking for help is no mistake.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.failed;
  else {
    // Loads more than help needs.
    const { report } = await import('./output/messages.js');
    report(error instanceof Error ? error.message : String(error));
    process.exitCode = EXIT.failed;
  }
}
