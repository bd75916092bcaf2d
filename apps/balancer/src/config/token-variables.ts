// The variables that say which tokens the control plane accepts, and what each may do.
import { cidrList, flag, jsonValue } from '@fairlead/configuration';
import { closedObject, poolNameSchema } from '@fairlead/contracts';
import { MIN_TOKEN_LENGTH } from '@fairlead/tokens';
import { z } from 'zod';

/** What a token allows: to read, to register backends, or all of that and every other change. */
export const ROLES = ['read', 'register', 'operate'] as const;

/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number];

const MAX_TOKENS = 1000;
const NAME_FORM = 'must be 1 to 64 characters: letters, digits and . _ -';
const TOKEN_FORM = `must be a string of at least ${MIN_TOKEN_LENGTH} characters`;
const HASH_FORM = 'must be a SHA-256 digest: 64 hexadecimal digits';
const PATTERN_FORM = 'must be an id, or a pattern such as files-*, of 1 to 200 characters without spaces';
const NETWORKS_FORM = 'must be a list of IP addresses or CIDR blocks (or the words "loopback", "private", "any")';

const networks = z
  .array(z.string(NETWORKS_FORM), NETWORKS_FORM)
  .min(1, NETWORKS_FORM)
  .max(100, NETWORKS_FORM)
  .transform((texts, context) => {
    const text = texts.join(', ');
    const parsed = cidrList().safeParse(text);
    if (parsed.success) return { text, blocks: parsed.data };
    context.addIssue({ code: 'custom', message: NETWORKS_FORM });
    return z.NEVER;
  });

const tokenSchema = closedObject({
  name: z.string(NAME_FORM).regex(/^[\w.-]{1,64}$/, NAME_FORM),
  role: z.enum(ROLES, { error: `must be one of ${ROLES.join(', ')}` }),
  token: z.string(TOKEN_FORM).trim().min(MIN_TOKEN_LENGTH, TOKEN_FORM).optional(),
  sha256: z
    .string(HASH_FORM)
    .regex(/^[0-9a-f]{64}$/i, HASH_FORM)
    .optional(),
  ids: z
    .array(z.string(PATTERN_FORM).regex(/^[A-Za-z0-9._~:/@[\]*-]{1,200}$/, PATTERN_FORM))
    .min(1, 'must have at least one pattern')
    .max(100, 'must have at most 100 patterns')
    .optional(),
  pools: z
    .array(poolNameSchema)
    .min(1, 'must have at least one pool')
    .max(100, 'must have at most 100 pools')
    .optional(),
  networks: networks.optional(),
})
  .refine(({ token, sha256 }) => (token === undefined) !== (sha256 === undefined), 'must have either token or sha256')
  .refine(({ role, ids }) => ids === undefined || role === 'register', 'must have the role register to have ids')
  .refine(({ role, pools }) => pools === undefined || role === 'register', 'must have the role register to have pools');

/** The form of `CONTROL_PLANE_TOKENS`, and of the file that `CONTROL_PLANE_TOKENS_FILE` names. */
export const tokenList = jsonValue(
  z.array(tokenSchema).min(1, 'must have at least one token').max(MAX_TOKENS, `must have at most ${MAX_TOKENS} tokens`),
  '[{"name": "dashboard", "role": "read", "token": "…"}]',
);

/** A token as `CONTROL_PLANE_TOKENS` describes it. */
export type TokenEntry = z.output<typeof tokenList>[number];

/** Variables of the balancer. */
export const tokenVariables = {
  CONTROL_PLANE_TOKEN: z
    .string()
    .min(MIN_TOKEN_LENGTH, `must be at least ${MIN_TOKEN_LENGTH} characters`)
    .optional()
    .describe('A token with every role: callers send it as a bearer token'),
  CONTROL_PLANE_TOKEN_FILE: z
    .string()
    .optional()
    .describe('A file with the same, or several of them, one a line; read again when it changes'),
  CONTROL_PLANE_TOKENS: tokenList
    .optional()
    .describe(
      'Further tokens as JSON: name, role (read, register, operate), token or sha256; ids, pools and networks if it is bound',
    ),
  CONTROL_PLANE_TOKENS_FILE: z
    .string()
    .optional()
    .describe('A file with the JSON of CONTROL_PLANE_TOKENS; read again when it changes'),
  METRICS_WITHOUT_TOKEN: flag()
    .prefault('false')
    .describe('Whether GET /metrics needs no token where tokens are set; everything else except health needs one'),
  ALLOW_OPEN_CONTROL_PLANE: flag()
    .prefault('false')
    .describe('Whether the control plane may listen on an address that is not loopback without any token'),
};

/** The configuration of tokens. */
export type TokenConfig = Partial<
  Pick<
    z.output<z.ZodObject<typeof tokenVariables>>,
    'CONTROL_PLANE_TOKEN' | 'CONTROL_PLANE_TOKEN_FILE' | 'CONTROL_PLANE_TOKENS' | 'CONTROL_PLANE_TOKENS_FILE'
  >
>;

/** Whether tokens are set: then the control plane accepts only requests that carry one. */
export function requiresToken(config: TokenConfig): boolean {
  const { CONTROL_PLANE_TOKEN, CONTROL_PLANE_TOKEN_FILE, CONTROL_PLANE_TOKENS, CONTROL_PLANE_TOKENS_FILE } = config;
  return [CONTROL_PLANE_TOKEN, CONTROL_PLANE_TOKEN_FILE, CONTROL_PLANE_TOKENS, CONTROL_PLANE_TOKENS_FILE].some(
    (value) => value !== undefined,
  );
}

/** A sentence for each pair of variables of which only one may be set. */
export function tokenContradictions(config: TokenConfig): string[] {
  const names = ['CONTROL_PLANE_TOKEN', 'CONTROL_PLANE_TOKENS'] as const;
  return names
    .filter((name) => config[name] !== undefined && config[`${name}_FILE`] !== undefined)
    .map((name) => `${name} and ${name}_FILE must not both be set: put the tokens of ${name} into the file`);
}
