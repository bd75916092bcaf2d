// What every command gets from the process that it runs in.
import type { Environment } from '@fairlead/configuration';

/** The same for all commands. Their code is imported when they run, so that help needs none of it. */
export interface CommandContext {
  readonly environment: Environment;
  /** The version of this command. */
  readonly version: string;
  /** Sets the exit code of the process, one of `EXIT` or that of another command. */
  readonly exitWith: (exitCode: number) => void;
}
