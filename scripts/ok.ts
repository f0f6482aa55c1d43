// What must be green before a commit: the checks, then the everyday tests.
const codes: number[] = [];
for (const script of ["check.ts", "test.ts"]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `scripts/${script}`],
    stdin: "null",
  }).spawn();
  codes.push((await child.status).code);
}
Deno.exit(codes.every((code) => code === 0) ? 0 : 1);
