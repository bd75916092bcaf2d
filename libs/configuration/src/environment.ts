// Reads a process's environment through a zod schema, and says in one line what is wrong with each variable.
import { z } from 'zod';

/** Environment variables as `process.env` holds them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment does not fit the schema. `problems` holds one sentence per variable: its name, what is allowed and
 * what it was given, such as `PING_ACK_INTERVAL_SECONDS must be a whole number from 1 to 86400, got "abc"`. Of a secret
 * it is not said what it was.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/**
 * Validates `environment` against `schema`, whose keys are the names of the variables. An empty string counts as not
 * set, which is what compose files and shells leave behind for a variable without a value.
 *
 * @throws {ConfigurationError} naming every variable at fault, not only the first.
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
  throw new ConfigurationError(parsed.error.issues.map((issue) => sentenceOf(issue, given)));
}

/** What variables are called whose values go into no log. */
const SECRET = /TOKEN|SECRET|PASSWORD/;

function sentenceOf(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const name = String(issue.path[0] ?? 'configuration');
  const value = SECRET.test(name) ? undefined : given[name];
  if (value === undefined) return `${name} ${issue.message}`;
  return `${name} ${issue.message}, got ${JSON.stringify(value)}`;
}
