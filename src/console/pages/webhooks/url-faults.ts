/**
 * Why the API takes no such address of a webhook, and what to do, for who typed it. Must not know the form.
 */

/** [src/delivery/webhook-url.ts] */
const WORDS: Readonly<Record<string, string>> = {
  "not-a-url": "This is no address. Give a whole one, as https://backend.example.com/events.",
  "not-https": "Events are sent over https alone. Give the address that begins with https://.",
  "has-credentials": "An address must have no user and password in it. Take them out: the signature proves the sender.",
  "private-address":
    "This address is of a private network or of this machine, and an edge does not send there. Give a public https address.",
};

/** A newer Kerbside may say others. */
export const urlFaultWords = (fault: string): string => (Object.hasOwn(WORDS, fault) ? (WORDS[fault] ?? fault) : fault);
