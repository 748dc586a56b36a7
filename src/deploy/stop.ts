/**
 * Why a deployment does not go on, in words for whoever started it. Must not know the steps.
 */

/** What a person has to do before it goes on. */
export class Stop extends Error {}
