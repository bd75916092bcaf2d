// DRF between tenants: whose task goes next. Where it goes is placement, and another matter.

/** Whoever tasks are accounted to, and what each task of theirs takes. */
export interface Tenant {
  readonly name: string;
  /** Units of each resource that one task holds, in the fleet's order. */
  readonly demand: ArrayLike<number>;
  /** A tenant of weight 2 is entitled to twice the dominant share of one of weight 1. */
  readonly weight: number;
  /** Tasks it holds now. */
  readonly tasks: number;
}

/**
 * A tenant's weighted dominant share: the largest part of any one resource that its tasks hold, over its weight.
 * Resources of which there is none at all are skipped. O(resources).
 */
export function dominantShare(tenant: Tenant, total: ArrayLike<number>): number {
  let share = 0;
  for (let r = 0; r < total.length; r++) {
    if (total[r] > 0) share = Math.max(share, (tenant.tasks * tenant.demand[r]) / total[r]);
  }
  return share / tenant.weight;
}

/**
 * The tenant to serve next among those who wait: the lowest weighted dominant share; at the same share the one with the
 * fewest tasks, then the first by name. Undefined when nobody waits. O(tenants × resources).
 * Source: Ghodsi et al., "Dominant Resource Fairness: Fair Allocation of Multiple Resource Types" (NSDI 2011), §4.1.
 */
export function nextTenant(waiting: readonly Tenant[], total: ArrayLike<number>): Tenant | undefined {
  let next: Tenant | undefined;
  for (const tenant of waiting) {
    if (next === undefined || goesBefore(tenant, next, total)) next = tenant;
  }
  return next;
}

function goesBefore(one: Tenant, other: Tenant, total: ArrayLike<number>): boolean {
  const difference = dominantShare(one, total) - dominantShare(other, total);
  if (difference !== 0) return difference < 0;
  if (one.tasks !== other.tasks) return one.tasks < other.tasks;
  return one.name < other.name;
}

/** Progressive filling: what everyone ends with, and in which order the tasks were granted. */
export interface Filling {
  readonly order: readonly string[];
  readonly tenants: readonly Tenant[];
}

/**
 * Grants tasks one by one, always to {@link nextTenant}, until no tenant's next task fits into `total`. A tenant whose
 * task no longer fits steps aside and the others go on. Takes O(tasks × tenants × resources).
 * @throws {RangeError} when a tenant's tasks need none of the resources there are, for it could be granted any number.
 */
export function progressiveFilling(tenants: readonly Tenant[], total: ArrayLike<number>): Filling {
  const free = Float64Array.from(total);
  for (const tenant of tenants) take(free, tenant, tenant.tasks);
  const held = new Map(tenants.map((tenant) => [tenant.name, tenant]));
  const order: string[] = [];
  for (;;) {
    const fitting = [...held.values()].filter((tenant) => fits(tenant, free));
    const next = nextTenant(fitting, total);
    if (next === undefined) return { order, tenants: [...held.values()] };
    if (dominantShare({ ...next, tasks: 1 }, total) === 0) {
      throw new RangeError(`a task of ${next.name} needs no resource that is limited`);
    }
    take(free, next, 1);
    held.set(next.name, { ...next, tasks: next.tasks + 1 });
    order.push(next.name);
  }
}

function take(free: Float64Array, { demand }: Tenant, tasks: number): void {
  for (let r = 0; r < free.length; r++) free[r] -= tasks * demand[r];
}

/** Whether one more task fits; sums of fractions may overshoot by their rounding. */
function fits({ demand }: Tenant, free: Float64Array): boolean {
  return free.every((units, r) => demand[r] <= units + 1e-9 * Math.max(1, demand[r]));
}
