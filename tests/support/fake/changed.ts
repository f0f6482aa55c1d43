/** The same thing but for some of its methods: what fails, comes late, or lets others come between. */
export function changed<T extends object>(thing: T, methods: Partial<T>): T {
  return new Proxy(thing, {
    get(target, key) {
      const member: unknown = Reflect.get(methods, key) ?? Reflect.get(target, key);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
