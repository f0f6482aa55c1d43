/**
 * Whether operations that overlapped in time can be put into one order that explains all their
 * outcomes (Wing and Gong's search, with a memory of the dead ends).
 */

/** An operation on something that has a state. */
export interface Operation<State> {
  /** Places (in the list given) of the operations that had returned before this one was invoked. */
  readonly after: readonly number[];
  /** One that never returned may have had its effect, or none. */
  readonly returned: boolean;
  /**
   * The state that follows on `state`, `undefined` when it would not have had this outcome there.
   */
  apply(state: State): { readonly next: State } | undefined;
}

/** Looks for an order; the places in it, or `undefined` when there is none. */
export function linearize<State>(
  operations: readonly Operation<State>[],
  start: State,
  keyOf: (state: State) => string | number,
): number[] | undefined {
  const size = operations.length;
  const done = new Array<boolean>(size).fill(false);
  const order: number[] = [];
  const deadEnds = new Set<string>();
  const due = operations.filter((operation) => operation.returned).length;

  const search = (state: State, left: number): boolean => {
    if (left === 0) return true;
    const key = `${keyOf(state)};${order.toSorted((a, b) => a - b).join()}`;
    if (deadEnds.has(key)) return false;
    for (let place = 0; place < size; place++) {
      const operation = operations[place] as Operation<State>;
      // An operation that never returned holds up no other: it may come later, or not at all.
      const waits = (before: number) => !done[before] && operations[before]?.returned;
      if (done[place] || operation.after.some(waits)) continue;
      const applied = operation.apply(state);
      if (applied === undefined) continue;
      done[place] = true;
      order.push(place);
      if (search(applied.next, left - (operation.returned ? 1 : 0))) return true;
      order.pop();
      done[place] = false;
    }
    deadEnds.add(key);
    return false;
  };
  return search(start, due) ? order : undefined;
}
