// How long a backend leaves idle connections open, as it was seen to do: a connection that it is about to close must not
// be used again, for a request that crosses the close on the wire is lost unless its method is idempotent.
//
// HTTP/1.1 has no way to tell the two apart (RFC 9112 §9.5). What a backend announces (`Keep-Alive: timeout`) is heeded
// where connections are kept; this is for the many that announce nothing.

/** How long an idle connection is kept at most. Milliseconds. */
export const IDLE_MS = 60_000;

/** An idle connection this young is used for any method, whatever is known. */
const YOUNG_MS = 500;
/** A connection closed sooner than this was not closed for being idle: the backend was shutting down. */
const SHORTEST_HABIT_MS = 200;
/** The part of the observed habit up to which connections are used; of what was seen to work, for any method. */
const MARGIN = 0.75;
const PROVEN_MARGIN = 0.9;
/** A habit not seen again for so long is forgotten: the backend may run with other settings by now. */
const MEMORY_MS = 10 * 60_000;

interface Habit {
  /** Idle time after which it closed a connection, the shortest seen; infinite when none was. */
  closesAfterMs: number;
  closedAtMs: number;
  /** Idle time after which a connection still served an exchange, the longest seen. */
  provenMs: number;
}

/** What is known of all backends, by any key that stands for one. */
export class IdleHabits {
  private readonly habits = new Map<string, Habit>();

  constructor(private readonly nowMs: () => number) {}

  /** The backend closed a connection that had been idle for `idleMs`. */
  closed(key: string, idleMs: number): void {
    if (idleMs < SHORTEST_HABIT_MS) return;
    const habit = this.habitOf(key);
    habit.closesAfterMs = Math.min(habit.closesAfterMs, idleMs);
    habit.closedAtMs = this.nowMs();
    habit.provenMs = Math.min(habit.provenMs, habit.closesAfterMs);
  }

  /** A connection that had been idle for `idleMs` served one more exchange. */
  served(key: string, idleMs: number): void {
    if (idleMs <= YOUNG_MS) return;
    const habit = this.habitOf(key);
    habit.provenMs = Math.max(habit.provenMs, Math.min(idleMs, habit.closesAfterMs));
  }

  /** How long a connection may have been idle to be kept at all, milliseconds. */
  keptForMs(key: string): number {
    const habit = this.habits.get(key);
    return habit === undefined ? IDLE_MS : Math.min(IDLE_MS, MARGIN * habit.closesAfterMs);
  }

  /** How long a connection may have been idle to carry a request that must not be lost, milliseconds. */
  trustedForMs(key: string): number {
    const provenMs = this.habits.get(key)?.provenMs ?? 0;
    return Math.min(this.keptForMs(key), Math.max(YOUNG_MS, PROVEN_MARGIN * provenMs));
  }

  private habitOf(key: string): Habit {
    let habit = this.habits.get(key);
    if (!habit || this.nowMs() - habit.closedAtMs > MEMORY_MS) {
      habit = { closesAfterMs: Infinity, closedAtMs: this.nowMs(), provenMs: 0 };
      this.habits.set(key, habit);
    }
    return habit;
  }
}
