// The configuration file of the user: the balancer that the commands talk to unless they are told otherwise.
import type { Stats } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { FileError, nearestName, outermostIssue, readSmallFile, type Environment } from '@fairlead/configuration';
import { parse } from 'yaml';
import { z } from 'zod';
import type { BalancerFlags } from '../invocation/balancer-flags.js';

const TEXT_FORM = 'must be a text that is not empty';
const text = z.string(TEXT_FORM).min(1, TEXT_FORM).optional();
const fileSchema = z.strictObject({ url: text, token: text, tokenFile: text, caFile: text });
const FIELDS = Object.keys(fileSchema.shape);

/** Group and others may read it. */
const READABLE_BY_OTHERS = 0o044;
const WRITABLE_BY_OTHERS = 0o022;

/** What the file says; nothing if there is none. */
export interface UserFile {
  readonly path: string;
  readonly settings: BalancerFlags;
}

/** Reads the file, if there is one. @throws {Error} with a sentence that names the file. */
export function readUserFile(environment: Environment, onWarning: (message: string) => void): UserFile {
  const path = pathOf(environment);
  let mode = 0;
  const document = textOf(path, (stats) => {
    requireOwn(path, stats);
    ({ mode } = stats);
  });
  if (document === undefined) return { path, settings: {} };
  const settings = parseSettings(path, document);
  if (settings.token !== undefined && (mode & READABLE_BY_OTHERS) !== 0) {
    onWarning(`${path} holds a token, and others may read it: chmod 600 ${path}`);
  }
  const beside = (file: string | undefined) => file && resolve(dirname(path), file);
  return { path, settings: { ...settings, tokenFile: beside(settings.tokenFile), caFile: beside(settings.caFile) } };
}

/** As the XDG Base Directory Specification has it: a relative folder does not count. */
function pathOf({ XDG_CONFIG_HOME: folder = '', HOME }: Environment): string {
  return join(isAbsolute(folder) ? folder : join(HOME || homedir(), '.config'), 'fairlead', 'config.yaml');
}

/** A user who can write the file could direct the commands, and their token, to another balancer. */
function requireOwn(path: string, { mode, uid }: Stats): void {
  const user = process.geteuid?.();
  // Windows has neither owners nor modes of this kind.
  if (user === undefined) return;
  if (uid !== user && uid !== 0) throw new Error(`it belongs to another user (id ${uid})`);
  if ((mode & WRITABLE_BY_OTHERS) !== 0) throw new Error(`others may write it: chmod go-w ${path}`);
}

function textOf(path: string, check: (stats: Stats) => void): string | undefined {
  try {
    return readSmallFile(path, check);
  } catch (error) {
    const { cause, message } = error as FileError & { readonly cause?: NodeJS.ErrnoException };
    if (cause?.code === 'ENOENT' || cause?.code === 'ENOTDIR') return undefined;
    throw new Error(`${path} cannot be used: ${message}`, { cause: error });
  }
}

function parseSettings(path: string, document: string): BalancerFlags {
  const parsed = fileSchema.safeParse(parseYaml(path, document) ?? {});
  if (parsed.success) return parsed.data;
  const issue = outermostIssue(parsed.error.issues);
  if (issue?.code === 'unrecognized_keys') throw new Error(`${path}: ${unknownField(issue.keys[0])}`);
  const place = issue?.path.join('.');
  throw new Error(
    `${path}: ${place || 'the file'} ${place ? issue?.message : 'must have lines such as url: http://…'}`,
  );
}

function unknownField(name: string): string {
  const nearest = nearestName(name, FIELDS);
  const hint = nearest === undefined ? '' : ` (did you mean ${JSON.stringify(nearest)}?)`;
  return `${name} is unknown${hint}; allowed: ${FIELDS.join(', ')}`;
}

function parseYaml(path: string, document: string): unknown {
  try {
    return parse(document);
  } catch (error) {
    // The message goes on with an excerpt, which may hold a token.
    const [sentence] = (error as Error).message.split('\n');
    throw new Error(`${path}: ${sentence.replace(/:$/, '')}`, { cause: error });
  }
}
