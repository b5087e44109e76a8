// The admin's behaviour on every page. Pages work without it; it makes them quicker.

import { startClipboard } from "./behaviour/clipboard";
import { startColours } from "./behaviour/colour";
import { freshen, startForms } from "./behaviour/forms";
import { startHtmx } from "./behaviour/live";
import { startMenus } from "./behaviour/menus";
import { startPalette } from "./behaviour/palette";
import { startSelection } from "./behaviour/selection";
import { startShortcuts } from "./behaviour/shortcuts";
import { refreshTimes, startTimes } from "./behaviour/times";
import { adoptToasts, startToasts } from "./lib/toast";
import { mountModules } from "./modules";
import { fitTables, startTables } from "./behaviour/tables";
import { startValidation } from "./validate/bind";

startToasts();
startMenus();
startClipboard();
startValidation();
startForms();
startColours();
startSelection();
startShortcuts();
startPalette();
startTimes();
startTables();

/** What each new part of the page needs. */
function arrive(root: HTMLElement): void {
  mountModules(root);
  freshen(root);
  refreshTimes(root);
  fitTables(root);
  adoptToasts();
}

arrive(document.body);
startHtmx(arrive);
