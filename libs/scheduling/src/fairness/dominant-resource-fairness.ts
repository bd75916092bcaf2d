// Dominant resource fairness (DRF) between tenants: decides whose task is next. Placement decides where it runs.

/** A tenant, its demand per task, and the tasks it holds. */
export interface Tenant {
  /** Unique among the tenants. */
  readonly name: string;
  /** Units of each resource that one task holds, in the fleet's order. */
  readonly demand: ArrayLike<number>;
  /** A tenant of weight 2 is entitled to twice the dominant share of one of weight 1. */
  readonly weight: number;
  /** Number of tasks it holds now. */
  readonly tasks: number;
}

/**
 * Returns a tenant's weighted dominant share: the largest fraction of any one resource that its tasks hold, divided by
 * its weight. Resources whose total is zero are skipped. O(resources).
 *
 * @param total units of each resource, in the fleet's order.
 */
export function dominantShare(tenant: Tenant, total: ArrayLike<number>): number {
  let share = 0;
  for (let r = 0; r < total.length; r++) {
    if (total[r] > 0) share = Math.max(share, (tenant.tasks * tenant.demand[r]) / total[r]);
  }
  return share / tenant.weight;
}

/**
 * Returns the waiting tenant to serve next: the one with the lowest weighted dominant share; at equal shares the one
 * with the fewest tasks, then the first by name. Undefined when `waiting` is empty. O(tenants × resources).
 * Source: Ghodsi et al., "Dominant Resource Fairness: Fair Allocation of Multiple Resource Types" (NSDI 2011), §4.1.
 */
export function nextTenant(waiting: readonly Tenant[], total: ArrayLike<number>): Tenant | undefined {
  let next: Tenant | undefined;
  for (const tenant of waiting) {
    if (next === undefined || precedes(tenant, next, total)) next = tenant;
  }
  return next;
}

function precedes(one: Tenant, other: Tenant, total: ArrayLike<number>): boolean {
  const difference = dominantShare(one, total) - dominantShare(other, total);
  if (difference !== 0) return difference < 0;
  if (one.tasks !== other.tasks) return one.tasks < other.tasks;
  return one.name < other.name;
}

/**
 * The result of progressive filling: the names in the order of their grants, and the tenants with their final tasks.
 */
export interface Filling {
  readonly order: readonly string[];
  readonly tenants: readonly Tenant[];
}

/**
 * Grants tasks one by one, always to {@link nextTenant}, until no tenant's next task fits into `total`. A tenant whose
 * task does not fit is skipped. O(tasks × tenants × resources).
 *
 * @throws {RangeError} when a tenant's tasks need no resource with a total above zero: their number would be unlimited.
 */
export function progressiveFilling(tenants: readonly Tenant[], total: ArrayLike<number>): Filling {
  const free = Float64Array.from(total);
  for (const tenant of tenants) subtract(free, tenant, tenant.tasks);
  const held = new Map(tenants.map((tenant) => [tenant.name, tenant]));
  const order: string[] = [];
  for (;;) {
    const fitting = [...held.values()].filter((tenant) => fits(tenant, free));
    const next = nextTenant(fitting, total);
    if (next === undefined) return { order, tenants: [...held.values()] };
    if (dominantShare({ ...next, tasks: 1 }, total) === 0) {
      const demand = Array.from(next.demand).join(', ');
      throw new RangeError(`tenant ${next.name} must need a resource with a total above zero, got demand ${demand}`);
    }
    subtract(free, next, 1);
    held.set(next.name, { ...next, tasks: next.tasks + 1 });
    order.push(next.name);
  }
}

function subtract(free: Float64Array, { demand }: Tenant, tasks: number): void {
  for (let r = 0; r < free.length; r++) free[r] -= tasks * demand[r];
}

/** Whether one more task fits, with a tolerance for the rounding of sums of fractions. */
function fits({ demand }: Tenant, free: Float64Array): boolean {
  return free.every((units, r) => demand[r] <= units + 1e-9 * Math.max(1, demand[r]));
}
