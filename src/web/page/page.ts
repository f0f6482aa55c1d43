/** The page as one text: its sources as they are, joined; no step makes anything of them before. */
import app from "./app.js" with { type: "text" };
import cells from "./cells.js" with { type: "text" };
import grid from "./grid.js" with { type: "text" };
import model from "./model.js" with { type: "text" };
import html from "./page.html" with { type: "text" };
import css from "./page.css" with { type: "text" };
import panel from "./panel.js" with { type: "text" };
import text from "./text.js" with { type: "text" };
import timeline from "./timeline.js" with { type: "text" };

/** What each of them imports comes before it: in one script a name has one meaning. */
const SCRIPT = [text, model, cells, grid, timeline, panel, app]
  .map((source) => source.replaceAll(/^import .*;\n/gm, "").replaceAll(/^export /gm, ""))
  .join("\n");

/** The document; each `__NONCE__` in it stands for the nonce of a response. */
export const PAGE = html.replace("/* STYLE */", () => css).replace("/* SCRIPT */", () => SCRIPT);
