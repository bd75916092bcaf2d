// What several processes print in one terminal: lines that begin with the name of their process, or lines of JSON that
// have it as a field.
import { Logger, LogError, LogOutput, type Command, type FlowController } from 'concurrently';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import type { AppProcess } from './app-process.js';

/** Writes what processes print, and what the command that runs them has to say. */
export interface ProcessOutput {
  /** For a group of processes that are started together. */
  createWriter(): ProcessWriter;
  /** Says something about the processes. `text` is for people, `fields` and `message` are for programs. */
  say(level: 'info' | 'error', message: string, more?: { readonly text?: string; readonly fields?: object }): void;
}

/** The logger and the controllers of one group of processes. */
export interface ProcessWriter {
  readonly logger: Logger;
  readonly controllers: FlowController[];
}

/** Lines for people. */
export function prettyOutput(processes: readonly AppProcess[]): ProcessOutput {
  return {
    createWriter: () => {
      const logger = new Logger({ prefixFormat: 'name', hide: [] });
      logger.setPrefixLength(Math.max(...processes.map(({ name }) => name.length)));
      return { logger, controllers: [new LogError({ logger }), new LogOutput({ logger })] };
    },
    say: (level, message, { text = `\n${message}\n` } = {}) => {
      (level === 'info' ? process.stdout : process.stderr).write(text);
    },
  };
}

/** One JSON object a line. `app` names the command. */
export function jsonOutput(app: string): ProcessOutput {
  const write = (fields: object) => void process.stdout.write(`${JSON.stringify(fields)}\n`);
  const controller: FlowController = {
    handle: (commands) => {
      for (const command of commands) {
        eachLine(command, (line) => process.stdout.write(withProcess(command.name, line)));
        command.error.subscribe((error) =>
          write({ level: 'error', time: Date.now(), app, process: command.name, msg: String(error) }),
        );
      }
      return { commands };
    },
  };
  return {
    createWriter: () => ({ logger: new Logger({ hide: [] }), controllers: [controller] }),
    say: (level, msg, { fields = {} } = {}) => write({ level, time: Date.now(), app, ...fields, msg }),
  };
}

function eachLine(command: Command, take: (line: string) => void): void {
  for (const output of [command.stdout, command.stderr]) {
    const stream = new PassThrough();
    output.subscribe((chunk) => void stream.write(chunk));
    command.close.subscribe(() => stream.end());
    createInterface({ input: stream }).on('line', take);
  }
}

/** A line of JSON with the name of its process as the first field. Other lines, such as warnings of Node, are wrapped. */
function withProcess(name: string, line: string): string {
  const field = `"process":${JSON.stringify(name)}`;
  return line.startsWith('{"') ? `{${field},${line.slice(1)}\n` : `{${field},"msg":${JSON.stringify(line)}}\n`;
}
