// Which fields of a head are forwarded, as lookup tables built once from the caller's rules.
import type { FieldNames } from './field-names.js';

/**
 * Which fields are dropped when a head is forwarded. The caller chooses the names; this library has no rules of its
 * own.
 */
export class ForwardingRule {
  /** 1 for dropped names, by number. */
  readonly isDropped: Uint8Array;
  /** 1 for names that are forwarded even if `Connection` names them, by number. */
  readonly isKept: Uint8Array;

  /** Names in lower case of further fields to drop, which need no number; undefined for none. */
  readonly alsoDropped: ReadonlySet<string> | undefined;

  /**
   * @param dropped names of fields to drop; `_` stands for all names with `_`, and a prefix for all that share its number.
   * @param kept names of fields to forward even if `Connection` names them (RFC 9110 §7.6.1 drops all it names).
   * @throws {RangeError} when `names` does not know one of them.
   */
  constructor(
    private readonly names: FieldNames,
    private readonly dropped: readonly string[],
    private readonly kept: Iterable<string> = [],
    alsoDropped?: ReadonlySet<string>,
  ) {
    this.isDropped = names.setOf(dropped);
    this.isKept = names.setOf(kept);
    this.alsoDropped = alsoDropped;
  }

  /**
   * Returns this rule with more fields to drop. A field that it drops costs a comparison of text in each head.
   *
   * @param extra any names, in lower case.
   */
  alsoDropping(extra: ReadonlySet<string>): ForwardingRule {
    return new ForwardingRule(this.names, this.dropped, this.kept, extra);
  }
}
