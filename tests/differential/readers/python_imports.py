"""What Python's own parser says that files import: names of files come in, one JSON line each goes out."""
import ast
import json
import sys
import warnings

warnings.simplefilter("ignore")


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                yield module if alias.name == "*" else f"{module} {alias.name}"
        elif isinstance(node, ast.Call):
            yield from called(node)


def called(node):
    name = ast.unparse(node.func)
    if name not in ("__import__", "importlib.import_module", "import_module") or not node.args:
        return
    module = getattr(node.args[0], "value", None)
    if not isinstance(module, str) or not module:
        return
    if not all(part.isidentifier() for part in module.lstrip(".").split(".") if part):
        return
    package = node.args[1] if len(node.args) > 1 else None
    if module.startswith(".") and getattr(package, "id", None) not in ("__package__", "__name__"):
        return
    yield module


for line in sys.stdin:
    path = line.rstrip("\n")
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        found = sorted(set(imports(ast.parse(text))))
    except (SyntaxError, ValueError, RecursionError, OSError):
        found = None
    print(json.dumps(found), flush=True)
