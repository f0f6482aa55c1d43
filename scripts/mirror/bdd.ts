// Stands in for jsr:@std/testing/bdd under Bun, whose tsconfig paths cannot lead to a built-in module.
export { afterEach, it } from "node:test";
