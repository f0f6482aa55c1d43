/** The hosts whose hooks coord answers. A call loads the one that it is for. */
import type { HostDialect } from "../../domain/input/hook/event.ts";

/** By the name of the host. */
export const DIALECTS: Readonly<Record<string, () => Promise<HostDialect>>> = {
  antigravity: () =>
    import("../../domain/input/hook/dialect/antigravity.ts").then((it) => it.antigravity),
  claude: () => import("../../domain/input/hook/dialect/claude.ts").then((it) => it.claude),
  cline: () => import("../../domain/input/hook/dialect/cline.ts").then((it) => it.cline),
  codex: () => import("../../domain/input/hook/dialect/codex.ts").then((it) => it.codex),
  copilot: () => import("../../domain/input/hook/dialect/copilot.ts").then((it) => it.copilot),
  cursor: () => import("../../domain/input/hook/dialect/cursor.ts").then((it) => it.cursor),
  gemini: () => import("../../domain/input/hook/dialect/gemini.ts").then((it) => it.gemini),
  generic: () => import("../../domain/input/hook/dialect/generic.ts").then((it) => it.generic),
  grok: () => import("../../domain/input/hook/dialect/grok.ts").then((it) => it.grok),
  kimi: () => import("../../domain/input/hook/dialect/kimi.ts").then((it) => it.kimi),
  opencode: () => import("../../domain/input/hook/dialect/opencode.ts").then((it) => it.opencode),
  vscode: () => import("../../domain/input/hook/dialect/vscode.ts").then((it) => it.vscode),
  windsurf: () => import("../../domain/input/hook/dialect/windsurf.ts").then((it) => it.windsurf),
};

/** The dialect of a host, or `undefined` for a host that is not known. */
export async function dialectOf(host: string): Promise<HostDialect | undefined> {
  return Object.hasOwn(DIALECTS, host) ? await DIALECTS[host]?.() : undefined;
}
