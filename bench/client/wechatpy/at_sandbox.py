"""A client of wechatpy that speaks to the sandbox: its token URL and some others are fixed, so its HTTP session is led there."""

from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient


class At(HTTPAdapter):
    """Sends what is meant for one of WeChat's hosts to `base` instead."""

    def __init__(self, base):
        super().__init__()
        self.base = base.rstrip("/")

    def send(self, request, **kwargs):
        request.url = self.base + request.path_url
        return super().send(request, **kwargs)


def client(base, appid, secret):
    wechat = WeChatClient(appid, secret)
    wechat._http.trust_env = False  # no proxy stands between this machine and itself
    for host in ("https://api.weixin.qq.com/", "https://mp.weixin.qq.com/"):
        wechat._http.mount(host, At(base))
    return wechat
