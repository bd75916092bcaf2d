// Which fields of a head go on, as look-up tables made once from the caller's rules.
import type { FieldNames } from './field-names.js';

/** Which fields are left out on the way. The names are the caller's; this library has no rules of its own. */
export class ForwardingRule {
  /** 1 for what is left out, by the number of the name. */
  readonly isDropped: Uint8Array;
  /** 1 for what stays although `Connection` names it. */
  readonly isKept: Uint8Array;

  /**
   * @param dropped names of fields that are left out.
   * @param kept names of fields that stay although `Connection` names them (RFC 9110 §7.6.1 leaves out all it names).
   * @throws {RangeError} when `names` does not know one of them.
   */
  constructor(names: FieldNames, dropped: Iterable<string>, kept: Iterable<string> = []) {
    this.isDropped = names.setOf(dropped);
    this.isKept = names.setOf(kept);
  }
}
