/** What is made of objects that never change. */

/** The same function, which makes its answer once of each object, with what came beside it then. */
export function onceOfEach<T extends object, R, Beside extends readonly unknown[]>(
  make: (of: T, ...beside: Beside) => R,
): (of: T, ...beside: Beside) => R {
  const made = new WeakMap<T, { readonly answer: R }>();
  return (of, ...beside) => {
    const known = made.get(of);
    if (known !== undefined) return known.answer;
    const answer = make(of, ...beside);
    made.set(of, { answer });
    return answer;
  };
}
