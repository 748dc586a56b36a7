/**
 * What zod says of a fault, in English: the small form of it comes without. Must not know what is checked.
 */
import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";

z.config(en());
