// What modules of other areas use.

export { confirmDialog } from "./dialog";
export { every, h, icon, meta, on } from "./dom";
export { csrf, getJson, post, reason } from "./http";
export { language, t } from "./texts";
export { toast } from "./toast";
