/**
 * The console's beginning: the theme, the clock, the address, who is signed in, and then what is drawn. Must not know any page.
 */
import { render } from "preact";
import { startClock } from "./data/clock.ts";
import { followAddress } from "./data/route.ts";
import { resume } from "./data/session.ts";
import { mendLanguage } from "./look/language.ts";
import { startTheme } from "./look/theme.ts";
import { Shell } from "./shell/shell.tsx";
import "./look/tokens.css";
import "./look/base.css";
import "./look/shell.css";
import "./look/parts.css";

mendLanguage();
startTheme();
startClock();
followAddress();
void resume();
const place = document.getElementById("console");
if (place !== null) render(<Shell />, place);
