"""wechatpy against the sandbox: its followers, a menu, a customer-service message."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "wechatpy"))
import at_sandbox  # noqa: E402

base, appid, secret, openid = sys.argv[1:]
wechat = at_sandbox.client(base, appid, secret)

assert openid in list(wechat.user.iter_followers())
print("followers listed")

menu = {"button": [{"type": "click", "name": "今日歌曲", "key": "V1001"}]}
wechat.menu.create(menu)
assert wechat.menu.get()["menu"]["button"][0]["name"] == "今日歌曲"
print("menu created")

wechat.message.send_text(openid, "您好，wechatpy")
print("message sent")
