/** What can be said of the URL of a store without knowing the store. */

/** What is said of one that holds a password where others read it. */
export const NO_PASSWORD = "must hold no password, which others can read there: give it in " +
  "$COORD_STORE_PASSWORD, $COORD_STORE_PASSWORD_FILE or $PGPASSWORD, or the whole URL in $COORD_STORE";

/** Whether a URL holds a password, or what may be one. */
export function hasPassword(url: string): boolean {
  return /^[a-z]+:\/\/[^/?#]*:[^/?#]*@/i.test(url) || /[?&]password=/i.test(url);
}
