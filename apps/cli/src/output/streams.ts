// What becomes of the command when nothing reads its output.

/** `fairlead … | head` ends when head has read enough, without a word; a process without a stderr goes on. */
export function endQuietlyWithoutReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  process.stderr.on('error', () => {});
}
