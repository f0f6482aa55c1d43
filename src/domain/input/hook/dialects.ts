/** The hosts whose hooks coord answers. */
import { claude } from "./claude.ts";
import { codex } from "./codex.ts";
import type { HostDialect } from "./event.ts";
import { gemini } from "./gemini.ts";
import { generic } from "./generic.ts";

/** By the name of the host. */
export const DIALECTS: Readonly<Record<string, HostDialect>> = { claude, codex, gemini, generic };
