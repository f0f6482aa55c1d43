/** The command line of coord, under Deno and Bun. */
import { main } from "./src/cli/main.ts";
import { detectHost } from "./src/host/detect.ts";

const host = await detectHost();
host.exit(await main(host));
