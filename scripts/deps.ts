// The only place in scripts/ that names third-party packages.
import ts from "npm:typescript@^6.0";

export { ts };
