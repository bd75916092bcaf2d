// Parses a process's environment with a zod schema and reports one line for each invalid variable.
import { z } from 'zod';

/** Environment variables as `process.env` holds them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment does not fit the schema. `problems` holds one sentence per invalid variable: its name, what is
 * allowed and what was given, such as `PING_ACK_INTERVAL_SECONDS must be a whole number from 1 to 86400, got "abc"`.
 * The value of a secret is left out.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/**
 * Validates `environment` against `schema`, whose keys are the names of the variables. An empty string counts as not
 * set, because compose files and shells pass one for a variable without a value.
 *
 * @throws {ConfigurationError} listing every invalid variable, not only the first.
 */
export function parseEnvironment<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  environment: Environment,
): z.output<z.ZodObject<Shape>> {
  const given = Object.fromEntries(
    Object.keys(schema.shape)
      .map((name) => [name, environment[name]?.trim()] as const)
      .filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(parsed.error.issues.map((issue) => formatIssue(issue, given)));
}

/** Names of variables whose values must not be logged. */
const SECRET = /TOKEN|SECRET|PASSWORD|REGISTRY_URL/;

function formatIssue(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const name = String(issue.path[0] ?? 'configuration');
  const value = SECRET.test(name) ? undefined : given[name];
  if (value === undefined) return `${name} ${issue.message}`;
  return `${name} ${issue.message}, got ${JSON.stringify(value)}`;
}
