// The problems of a configuration file: collected with their places, and written as sentences.
import { nearestName } from '@fairlead/configuration';

/** Where a part of a file begins. Both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Keys and indexes from the top of a document down to a value. */
export type FieldPath = readonly (string | number)[];

/** Something in a file that keeps it from being used. */
export interface TrafficProblem extends Position {
  /** The file, as it was named by the caller. */
  readonly file: string;
  /** Where in the document, such as `routes[2].match.path`; empty: the document as a whole. */
  readonly path: string;
  /** What is wrong, what is allowed and what was given. Begins with a verb: `path` is its subject. */
  readonly message: string;
}

/** A problem as one line: `fairlead.yaml:12:5: routes[2].pool must be …`. */
export function problemText({ file, line, column, path, message }: TrafficProblem): string {
  return `${file}:${line}:${column}: ${path === '' ? 'the file' : path} ${message}`;
}

/** Finds the parts of a document. */
export interface Places {
  /** Where the value at `path` begins, or its key; that of the nearest part above it if there is no such value. */
  positionOf: (path: FieldPath, part?: 'key' | 'value') => Position;
  /** Whether the value at `path` contains that of a variable or a secret file, so that no message may show it. */
  isSecret: (path: FieldPath) => boolean;
  /** Whether the value at `path` is unknown, because a variable or a secret file could not be read. */
  isUnknown: (path: FieldPath) => boolean;
}

/** What is said of a problem besides its message. */
export interface ProblemDetails {
  /** The wrong value, to be shown after the message. */
  readonly given?: unknown;
  /** The names that would have been right, of which the nearest is suggested. */
  readonly names?: readonly string[];
  /** Whether the key is wrong, and not its value. */
  readonly at?: 'key' | 'value';
}

/** Longer lists end with the number of those left out. */
const MAX_PROBLEMS = 1000;
/** Characters shown of a value or a name that the file contains. */
const MAX_SHOWN_CHARACTERS = 100;

/** Collects the problems of one file. */
export class Problems {
  private readonly found: TrafficProblem[] = [];
  private leftOut = 0;

  constructor(
    private readonly file: string,
    private readonly places: Places,
  ) {}

  get areNone(): boolean {
    return this.found.length === 0;
  }

  /** In the order of the file. */
  get list(): readonly TrafficProblem[] {
    const sorted = this.found.toSorted((a, b) => a.line - b.line || a.column - b.column);
    if (this.leftOut === 0) return sorted;
    const { line, column } = sorted[sorted.length - 1];
    return [...sorted, { file: this.file, line, column, path: '', message: `has ${this.leftOut} more problems` }];
  }

  /** Adds a problem of the value at `path`, unless it was not read at all. */
  add(path: FieldPath, message: string, details: ProblemDetails = {}): void {
    if (this.places.isUnknown(path)) return;
    const { given, names, at = 'value' } = details;
    const value = given === undefined || this.places.isSecret(path) ? '' : `, got ${shown(given)}`;
    const nearest = typeof given === 'string' && names !== undefined ? suggestion(given, names) : '';
    this.addAt(this.places.positionOf(path, at), path, `${message}${value}${nearest}`);
  }

  /** Adds the problem of a field or another key that does not exist. `names` are those that do. */
  addUnknown(path: FieldPath, name: string, names: readonly string[]): void {
    this.add(path, `is unknown${suggestion(name, names)}; allowed: ${names.join(', ')}`, { at: 'key' });
  }

  /** Adds a problem at a position. */
  addAt({ line, column }: Position, path: FieldPath, message: string): void {
    if (this.found.length === MAX_PROBLEMS) this.leftOut++;
    else this.found.push({ file: this.file, line, column, path: pathText(path), message });
  }
}

/** The nearest name, as the end of a sentence; empty if none is near. */
function suggestion(given: string, names: readonly string[]): string {
  const nearest = nearestName(given, names);
  return nearest === undefined ? '' : ` (did you mean ${JSON.stringify(nearest)}?)`;
}

/** `['routes', 2, 'match']` as `routes[2].match`. */
function pathText(path: FieldPath): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${keyText(part)}`))
    .join('');
}

function keyText(key: string): string {
  return /^[\w:/*-]+$/.test(key) && key.length <= MAX_SHOWN_CHARACTERS ? key : quoted(key);
}

/** A value as a message shows it: the beginning of a text, and of a list or a mapping only what it is. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  return typeof value === 'string' ? quoted(value) : String(value);
}

/** In quotes, without the user and password of a URL: messages go into logs and events. */
function quoted(text: string): string {
  const isLong = text.length > MAX_SHOWN_CHARACTERS;
  const beginning = isLong ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
  return JSON.stringify(beginning.replace(/\/\/[^/]*@/, '//***@'));
}
