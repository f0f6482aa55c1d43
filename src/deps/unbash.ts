export { forEachChild, parse, type SyntaxNode, type Word } from "npm:unbash@^6.0";
