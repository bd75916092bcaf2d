// The forwarding rules of routes that change header fields, made once for each route.
import type { ForwardingRule } from '@fairlead/http1';
import type { CompiledHeaderChanges } from '../headers/header-changes.js';
import type { ResponseRules } from './wire-fields.js';

/** Rules by the changes of a route. */
export class RouteFieldRules {
  private readonly requests = new WeakMap<ForwardingRule, WeakMap<CompiledHeaderChanges, ForwardingRule>>();
  private readonly responses = new WeakMap<CompiledHeaderChanges, ResponseRules>();

  /** `rule`, with what the changes of a route drop. */
  forRequests(changes: CompiledHeaderChanges, rule: ForwardingRule): ForwardingRule {
    let byChanges = this.requests.get(rule);
    if (!byChanges) this.requests.set(rule, (byChanges = new WeakMap()));
    let found = byChanges.get(changes);
    if (!found) byChanges.set(changes, (found = rule.alsoDropping(changes.dropped)));
    return found;
  }

  /** The same for responses. `rules`: those without changes, always the same ones. */
  forResponses(changes: CompiledHeaderChanges, { sized, unsized }: ResponseRules): ResponseRules {
    let found = this.responses.get(changes);
    if (!found) {
      const { dropped } = changes;
      found = { sized: sized.alsoDropping(dropped), unsized: unsized.alsoDropping(dropped) };
      this.responses.set(changes, found);
    }
    return found;
  }
}
