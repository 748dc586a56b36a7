/**
 * Which release this is: as package.json has it, which the Worker does not. Must not know anything else.
 */
export const VERSION = "0.1.0";
