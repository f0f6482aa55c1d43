export { parser } from "npm:@lezer/go@^1.0";
