// Whether a registration may join the fleet as it is: its pool, the owner of what it replaces, the quotas of the address it comes
// from, and a capacity in proportion to the others.
import { lowerMedian } from '@fairlead/scheduling';
import type { BalancerConfig } from '../config/balancer.config.js';
import type { CurrentTraffic } from '../traffic-config/current-traffic.js';
import { callerNetworkOf } from '../net/address.js';
import type { Backend, BackendSpec } from './backend.js';
import { requireClaim, requireRegistered, type Claimant } from './ownership.js';
import { InvalidRegistrationError } from './registration-normalizer.js';
import { QuotaExceededError, UnknownPoolError } from './registry.errors.js';

export class Admission {
  constructor(
    private readonly traffic: CurrentTraffic,
    private readonly config: BalancerConfig,
  ) {}

  /**
   * Checks a registration against the fleet it would join. What a backend has already is not refused when it registers
   * again. An address that another pool has already needs the claim of its owner, too.
   *
   * @throws {UnknownPoolError} @throws {NotRegisteredError} @throws {TakenError} @throws {QuotaExceededError} @throws {InvalidRegistrationError}
   */
  check(spec: BackendSpec, fleet: Iterable<Backend>, claimant: Claimant): void {
    const { pools } = this.traffic.config;
    if (!this.traffic.pool(spec.pool)) {
      throw new UnknownPoolError(
        spec.pool,
        pools.map(({ name }) => name),
      );
    }
    const isSame = ({ id, url, pool }: Backend) => id === spec.id || (url === spec.url && pool === spec.pool);
    const members = [...fleet];
    const known = members.find(({ id }) => id === spec.id) ?? members.find(isSame);
    const others = members.filter((backend) => !isSame(backend));
    const touched = members.filter(({ id, url }) => id === spec.id || url === spec.url);
    for (const backend of members.filter(isSame)) requireRegistered(backend);
    for (const backend of touched) requireClaim(backend, claimant);
    this.checkQuotas(spec, known, others);
    this.checkCapacity(spec, known, others);
  }

  private checkQuotas(spec: BackendSpec, known: Backend | undefined, others: readonly Backend[]): void {
    const { MAX_BACKENDS_PER_ADDRESS: maxBackends, MAX_LABEL_BYTES_PER_ADDRESS: maxLabelBytes } = this.config;
    if (spec.registeredFrom === undefined) return;
    const caller = callerNetworkOf(spec.registeredFrom);
    const isCallers = ({ registeredFrom }: BackendSpec) =>
      registeredFrom !== undefined && callerNetworkOf(registeredFrom) === caller;
    const own = others.filter(isCallers);
    const before = known && isCallers(known) ? known : undefined;
    if (maxBackends > 0 && before === undefined && own.length >= maxBackends) {
      throw new QuotaExceededError(
        `${own.length} backends are registered from ${caller}: MAX_BACKENDS_PER_ADDRESS is ${maxBackends}`,
      );
    }
    const bytes = labelBytesOf(spec);
    const isMore = bytes > (before ? labelBytesOf(before) : 0);
    const total = own.reduce((sum, backend) => sum + labelBytesOf(backend), bytes);
    if (maxLabelBytes > 0 && isMore && total > maxLabelBytes) {
      const limit = `MAX_LABEL_BYTES_PER_ADDRESS is ${maxLabelBytes}`;
      throw new QuotaExceededError(
        `the labels of the backends registered from ${caller} would have ${total} bytes: ${limit}`,
      );
    }
  }

  private checkCapacity({ capacity }: BackendSpec, known: Backend | undefined, others: readonly Backend[]): void {
    const { RESOURCES, MAX_CAPACITY_RATIO: ratio } = this.config;
    if (capacity === undefined) return;
    const declared = others.map((other) => other.capacity).filter((own) => own !== undefined);
    for (const [r, name] of RESOURCES.names.entries()) {
      const median = lowerMedian(declared.map((own) => own[r]).filter((units) => units > 0));
      const isMore = known?.capacity === undefined || capacity[r] > known.capacity[r];
      if (median === undefined || !isMore || capacity[r] <= ratio * median) continue;
      throw new InvalidRegistrationError(
        `resources.${name} must be at most ${ratio * median}, MAX_CAPACITY_RATIO (${ratio}) times the median of the other ` +
          `backends (${median}), got ${capacity[r]}`,
      );
    }
  }
}

/** Labels as UTF-8, names and values. */
function labelBytesOf({ labels }: BackendSpec): number {
  return Object.entries(labels).reduce((sum, entry) => sum + Buffer.byteLength(entry.join('')), 0);
}
