// What Flow's own parser says that files import: names of files come in, one JSON line each goes out.
// The first argument is the folder in whose node_modules the parser lies.
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");

const flow = createRequire(`${process.argv[2]}/`)("flow-parser");

function importsOf(path) {
  let tree;
  try {
    const text = readFileSync(path, "utf8");
    tree = flow.parse(text, { flow: "detect", sourceType: "module" });
  } catch {
    return null;
  }
  const found = new Set();
  const add = (module, names = [null]) => {
    if (module?.type !== "StringLiteral" && typeof module?.value !== "string") return;
    for (const name of names.length === 0 ? [null] : names) {
      found.add(name === null ? module.value : `${module.value} ${name}`);
    }
  };
  const nameOf = (node) => node.type !== "Identifier" || node.name === "default" ? null : node.name;
  const visit = (node) => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (node === null || typeof node !== "object") return;
    const { type, source, specifiers = [] } = node;
    if (type === "ImportDeclaration") {
      add(source, specifiers.map((each) => each.imported ? nameOf(each.imported) : null));
    } else if (/^(Declare)?Export/.test(type) && source) {
      add(source, specifiers.map((each) => each.local ? nameOf(each.local) : null));
    } else if (type === "ImportExpression") add(source);
    else if (type === "CallExpression" && isRequire(node.callee)) add(node.arguments[0]);
    for (const key of Object.keys(node)) if (key !== "loc" && key !== "comments") visit(node[key]);
  };
  visit(tree);
  return [...found].sort();
}

function isRequire({ type, name, object, property }) {
  if (type === "Identifier") return name === "require";
  return type === "MemberExpression" && isRequire(object) && property.name === "resolve";
}

for (const path of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  console.log(JSON.stringify(importsOf(path)));
}
