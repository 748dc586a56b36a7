/**
 * What a label may be called, in a registration and in what stations are looked for by. Must not know any route.
 */

export const LABEL_NAME = /^[A-Za-z0-9_.-]{1,63}$/;
export const LABEL_NAME_RULE = "a label's name: 1 to 63 of A-Z a-z 0-9 _ . -";
