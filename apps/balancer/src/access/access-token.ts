// A token that the control plane accepts: its name, its hash, and what it allows.
import type { BlockList } from 'node:net';
import { digestOf } from '@fairlead/tokens';
import type { Role, TokenEntry } from '../config/token-variables.js';

/** An accepted token. The token itself is not kept. */
export interface AccessToken {
  /** For the audit. */
  readonly name: string;
  readonly role: Role;
  /** SHA-256. */
  readonly digest: Buffer;
  /** Patterns of the ids that it may register; undefined: all ids. */
  readonly ids: readonly string[] | undefined;
  /** The pools that it may register backends into; undefined: all pools. */
  readonly pools: readonly string[] | undefined;
  /** Where its callers may be; undefined: anywhere. */
  readonly networks: { readonly text: string; readonly blocks: BlockList } | undefined;
}

/** A token with every role, without bounds. */
export function unboundToken(name: string, token: string): AccessToken {
  return { name, role: 'operate', digest: digestOf(token), ids: undefined, pools: undefined, networks: undefined };
}

/** A token of CONTROL_PLANE_TOKENS. */
export function tokenFrom({ name, role, token, sha256, ids, pools, networks }: TokenEntry): AccessToken {
  const digest = token === undefined ? Buffer.from(sha256 ?? '', 'hex') : digestOf(token);
  return { name, role, digest, ids, pools, networks };
}

/** Whether a role includes another: `operate` includes both others, and those include only themselves. */
export function includesRole(role: Role, needed: Role): boolean {
  return role === needed || role === 'operate';
}

/** Whether `id` matches one of the patterns, in which `*` stands for any characters. */
export function matchesAny(patterns: readonly string[], id: string): boolean {
  return patterns.some((pattern) => matches(pattern.split('*'), id));
}

/** `parts`: the pattern between its `*`. The first occurrence of each part leaves the most room for those after it. */
function matches(parts: readonly string[], id: string): boolean {
  const [first = '', ...others] = parts;
  const last = others.pop();
  if (last === undefined) return id === first;
  if (!id.startsWith(first) || id.length < first.length + last.length || !id.endsWith(last)) return false;
  const end = id.length - last.length;
  let from = first.length;
  for (const part of others) {
    const at = id.indexOf(part, from);
    if (at === -1 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}
