/** The command line of coord, under Deno and Bun. */
import { saysVersion } from "./src/cli/help/version.ts";
import { detectHost } from "./src/host/detect.ts";

const host = await detectHost();
host.exit(saysVersion(host) ? 0 : await (await import("./src/cli/main.ts")).main(host));
