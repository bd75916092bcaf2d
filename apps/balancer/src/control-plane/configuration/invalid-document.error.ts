// The error of a configuration that cannot be put in force.

/** What is wrong, a sentence for each problem. */
export class InvalidDocumentError extends Error {
  constructor(
    what: string,
    readonly problems: readonly string[],
  ) {
    super(`${what} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}: ${problems[0]}`);
  }
}
