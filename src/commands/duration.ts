/** Times as people say them. */

/** `42 s`, `3 min 5 s`, `50 min`, `2 h 10 min`, `5 d 3 h` */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return both(whole, 60, "min", 1, "s");
  if (whole < 86_400) return both(whole, 3_600, "h", 60, "min");
  return both(whole, 86_400, "d", 3_600, "h");
}

function both(seconds: number, large: number, name: string, small: number, rest: string): string {
  const left = Math.floor(seconds % large / small);
  return `${Math.floor(seconds / large)} ${name}${left === 0 ? "" : ` ${left} ${rest}`}`;
}
