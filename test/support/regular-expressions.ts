// The regular expressions of a source, and whether text can be made for one that takes it more than linear time.
import { checkSync } from 'recheck';
import ts from 'typescript';

/** Generous: a check takes milliseconds, and one that is not complete fails the test. */
const CHECK_TIMEOUT_MS = 60_000;
/** An expression that looks around has no automaton and is tried with random texts: with the same ones each time. */
const SEED = 1;

/** A regular expression in a source. */
export interface SourceExpression {
  readonly line: number;
  /** As it is written. */
  readonly text: string;
  /** Undefined when it is put together at run time. */
  readonly pattern: string | undefined;
  readonly flags: string;
}

/** Every literal, and every call of `RegExp`. */
export function expressionsIn(source: string): SourceExpression[] {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
  const found: SourceExpression[] = [];
  const add = (node: ts.Node, pattern: string | undefined, flags: string) => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    found.push({ line: line + 1, text: node.getText(), pattern, flags });
  };
  const visit = (node: ts.Node) => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      add(node, node.text.slice(1, end), node.text.slice(end + 1));
    } else if (isRegExpCall(node)) {
      const [pattern, flags] = node.arguments ?? [];
      const isKnown = isText(pattern) && (flags === undefined || isText(flags));
      add(node, isKnown ? pattern.text : undefined, isKnown && flags ? flags.text : '');
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** What is wrong with an expression; undefined when every text is matched in linear time. */
export function weaknessOf({ pattern, flags }: SourceExpression): string | undefined {
  if (pattern === undefined) return 'is put together at run time, so it cannot be checked';
  const diagnostics = checkSync(pattern, flags, { timeout: CHECK_TIMEOUT_MS, randomSeed: SEED });
  if (diagnostics.status === 'safe') return undefined;
  if (diagnostics.status === 'unknown') return `could not be checked: ${diagnostics.error.kind}`;
  return `takes ${diagnostics.complexity.summary} time`;
}

function isRegExpCall(node: ts.Node): node is ts.NewExpression | ts.CallExpression {
  const isCall = ts.isNewExpression(node) || ts.isCallExpression(node);
  return isCall && ts.isIdentifier(node.expression) && node.expression.text === 'RegExp';
}

function isText(node: ts.Node | undefined): node is ts.StringLiteralLike {
  return node !== undefined && ts.isStringLiteralLike(node);
}
