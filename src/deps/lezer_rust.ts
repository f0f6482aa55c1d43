export { parser } from "npm:@lezer/rust@^1.0";
