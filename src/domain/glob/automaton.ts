/** Finite automata over code points, and how they run. */
import { type CharSet, has } from "./chars.ts";

/**
 * What an edge takes: a code point; or, below zero, a set, as the complement (`~`) of its index in
 * `sets`; or {@link SILENT} for nothing.
 */
export type Label = number;

/** The label of an edge that takes no character. */
export const SILENT: Label = -0x40000000;

/** The label of any character that `?` stands for. */
export const ANY: Label = ~0;

/**
 * A nondeterministic automaton, which starts in state 0. The edges of a state are a linked list:
 * `first[state]`, then `next[edge]`, until below zero.
 */
export interface Automaton {
  /** Whether its texts are paths: folded, and with segments that are never empty, `.` or `..`. */
  readonly paths: boolean;
  /** The sets that labels name; the first is that of {@link ANY}. */
  readonly sets: readonly CharSet[];
  readonly first: readonly number[];
  readonly next: readonly number[];
  /** Per edge. */
  readonly labels: readonly Label[];
  readonly targets: readonly number[];
  /** Whether a text may end here, per state. */
  readonly accepting: readonly boolean[];
}

/** Visits the edges of a state. */
export function eachEdge(
  { first, next, labels, targets }: Pick<Automaton, "first" | "next" | "labels" | "targets">,
  state: number,
  visit: (label: Label, target: number) => void,
): void {
  for (let edge = first[state] ?? -1; edge >= 0; edge = next[edge] ?? -1) {
    visit(labels[edge] ?? SILENT, targets[edge] ?? 0);
  }
}

/** Whether a label takes a code point. */
export function takes(automaton: Automaton, label: Label, point: number): boolean {
  return label >= 0
    ? label === point
    : label !== SILENT && has(automaton.sets[~label] ?? [], point);
}

/** All states that silent moves lead to, those given among them. */
export function settle(automaton: Automaton, states: Iterable<number>): Set<number> {
  const all = new Set(states);
  for (const state of all) {
    eachEdge(automaton, state, (label, target) => {
      if (label === SILENT) all.add(target);
    });
  }
  return all;
}

/** The states after one character. */
export function move(automaton: Automaton, states: Iterable<number>, point: number): Set<number> {
  const after: number[] = [];
  for (const state of states) {
    eachEdge(automaton, state, (label, target) => {
      if (takes(automaton, label, point)) after.push(target);
    });
  }
  return settle(automaton, after);
}

/** Whether a text of these code points ends in an accepting state. */
export function accepts(automaton: Automaton, points: readonly number[]): boolean {
  let states = settle(automaton, [0]);
  for (const point of points) {
    states = move(automaton, states, point);
    if (states.size === 0) return false;
  }
  return [...states].some((state) => automaton.accepting[state]);
}
