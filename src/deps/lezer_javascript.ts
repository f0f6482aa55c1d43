export { parser } from "npm:@lezer/javascript@^1.5";
