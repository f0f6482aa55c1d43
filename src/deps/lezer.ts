export type { SyntaxNode, Tree } from "npm:@lezer/common@^1.5";
