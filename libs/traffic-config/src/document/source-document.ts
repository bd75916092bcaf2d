// Reads a YAML document: its plain value with variables and secret files inserted, and where each part stands.
import { MAX_FILE_BYTES } from '@fairlead/configuration';
import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument, type Document, type YAMLMap } from 'yaml';
import { listPart, mappingPart, partAt, scalarPart, type Entry, type Part } from './part.js';
import { Problems, type FieldPath, type Places, type Position } from './problems.js';
import { substitute, type SubstitutionSources } from './substitution.js';

/** Values after aliases have been replaced. A file of the largest size without aliases has fewer. */
const MAX_VALUES = 200_000;
/** Levels of lists and mappings; an alias that contains itself exceeds any number. */
const MAX_DEPTH = 50;

/** A document that was read. */
export interface SourceDocument {
  /** Undefined if the text is not YAML; then `problems` says why. */
  readonly value: unknown;
  readonly problems: Problems;
  /** The values of the variables and secret files in it. */
  readonly secrets: ReadonlySet<string>;
}

/** Reads a document. What is wrong with it is in `problems` of the result. */
export function readDocument(text: string, file: string, sources: SubstitutionSources): SourceDocument {
  const reader = new DocumentReader(file, sources);
  const value = reader.read(text);
  return { value, problems: reader.problems, secrets: reader.secrets };
}

/** The document expands to more values or levels than are allowed. */
class OversizeError extends Error {}

class DocumentReader implements Places {
  readonly problems: Problems;
  readonly secrets = new Set<string>();
  private readonly lines = new LineCounter();
  /** The nodes that aliases stand for. */
  private readonly anchors = new Map<string, unknown>();
  private root: Part | undefined;
  private valueCount = 0;

  constructor(
    file: string,
    private readonly sources: SubstitutionSources,
  ) {
    this.problems = new Problems(file, this);
  }

  read(text: string): unknown {
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_FILE_BYTES) {
      this.problems.add([], `must have at most 1 MB, got ${(bytes / 1e6).toFixed(1)} MB`);
      return undefined;
    }
    try {
      // Duplicate keys are found below: the parser would compare each key with each.
      const options = { lineCounter: this.lines, prettyErrors: false, uniqueKeys: false, logLevel: 'error' } as const;
      const document = parseDocument(text, options);
      if (!this.isValid(document)) return undefined;
      this.root = this.partOf(document.contents, [], 0);
      return this.root.value;
    } catch (error) {
      // A RangeError: the parser's recursion is too deep.
      if (!(error instanceof OversizeError || error instanceof RangeError)) throw error;
      const limits = `${MAX_VALUES} values in ${MAX_DEPTH} levels`;
      this.problems.add([], `must have at most ${limits}, with each alias replaced by what it stands for`);
      return undefined;
    }
  }

  positionOf(path: FieldPath, at: 'key' | 'value' = 'value'): Position {
    let part = this.root;
    let offset = part?.offset ?? 0;
    for (const [i, name] of path.entries()) {
      const entry = part?.entries.get(name);
      if (entry === undefined) break;
      part = entry.part;
      offset = at === 'key' && i === path.length - 1 ? entry.keyOffset : part.offset;
    }
    return this.positionAt(offset);
  }

  isSecret(path: FieldPath): boolean {
    return partAt(this.root, path)?.inserted === 'secret';
  }

  isUnknown(path: FieldPath): boolean {
    return partAt(this.root, path)?.inserted === 'unknown';
  }

  private positionAt(offset: number): Position {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  private isValid(document: Document): boolean {
    const errors = [...document.errors, ...document.warnings];
    if (errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) throw new OversizeError();
    for (const [i, { code, message, pos }] of errors.entries()) {
      // What the parser says next of the same place follows from the first error there.
      if (i > 0 && errors[i - 1].pos[0] === pos[0]) continue;
      const what = code === 'MULTIPLE_DOCS' ? 'a second document begins here' : message;
      this.problems.addAt(this.positionAt(pos[0]), [], `is not valid: ${what}`);
    }
    const { contents } = document;
    if (this.problems.areNone && (contents === null || (isScalar(contents) && contents.value === null))) {
      this.problems.add([], 'is empty; one that leaves all at its defaults is written {}');
    }
    return this.problems.areNone;
  }

  private partOf(node: unknown, path: FieldPath, depth: number): Part {
    if (++this.valueCount > MAX_VALUES || depth > MAX_DEPTH) throw new OversizeError();
    const offset = offsetOf(node);
    if (isAlias(node)) return this.aliased(node.source, offset, path, depth);
    const { anchor } = (node ?? {}) as { readonly anchor?: string };
    if (anchor !== undefined) this.anchors.set(anchor, node);
    if (isMap(node)) return this.mapping(node, path, depth);
    if (isSeq(node)) {
      const items = node.items.map((item, i) => this.partOf(item, [...path, i], depth + 1));
      return listPart(items, offset);
    }
    const value: unknown = isScalar(node) ? node.value : null;
    return typeof value === 'string' ? this.text(value, offset, path) : scalarPart(value, offset);
  }

  /** A string with its placeholders replaced. */
  private text(value: string, offset: number, path: FieldPath): Part {
    const result = substitute(value, this.sources);
    if (result === undefined) return scalarPart(value, offset);
    for (const problem of result.problems) this.problems.addAt(this.positionAt(offset), path, problem);
    for (const secret of result.inserted) this.secrets.add(secret);
    const isSecret = result.inserted.length > 0;
    return scalarPart(result.text, offset, result.problems.length > 0 ? 'unknown' : isSecret ? 'secret' : undefined);
  }

  private aliased(name: string, offset: number, path: FieldPath, depth: number): Part {
    const node = this.anchors.get(name);
    if (node !== undefined) return { ...this.partOf(node, path, depth + 1), offset };
    this.problems.addAt(this.positionAt(offset), path, `must name an anchor above it, got *${name}`);
    return scalarPart(null, offset, 'unknown');
  }

  private mapping(node: YAMLMap, path: FieldPath, depth: number): Part {
    const entries = new Map<string, Entry>();
    for (const { key, value } of node.items) {
      const keyOffset = offsetOf(key);
      const name = keyText(key);
      const before = entries.get(name);
      if (name === '' || name === '__proto__') {
        this.problems.addAt(this.positionAt(keyOffset), path, 'must have a name in front of each colon');
      } else if (before === undefined) {
        entries.set(name, { keyOffset, part: this.partOf(value, [...path, name], depth + 1) });
      } else {
        const { line } = this.positionAt(before.keyOffset);
        this.problems.addAt(this.positionAt(keyOffset), [...path, name], `is there twice, first in line ${line}`);
      }
    }
    return mappingPart(entries, offsetOf(node));
  }
}

/** Empty for what cannot be the name of a field: nothing, a list or a mapping. */
function keyText(key: unknown): string {
  const value = isScalar(key) ? key.value : null;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function offsetOf(node: unknown): number {
  return (node as { readonly range?: readonly number[] | null } | null)?.range?.[0] ?? 0;
}
