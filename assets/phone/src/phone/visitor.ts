import type { PhoneKey } from "../store";

/** Tells the login pages whose phone opens the next page: they look for this cookie. */
export function openAs(key: PhoneKey): void {
  const [appid, openid] = key.split("/");
  document.cookie = `puzi_phone_${appid}=${openid}; path=/connect; max-age=31536000; samesite=lax`;
}
