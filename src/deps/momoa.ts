export { parse } from "npm:@humanwhocodes/momoa@^3.3";
