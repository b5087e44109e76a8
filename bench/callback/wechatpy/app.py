"""A text echo on wechatpy and Flask, checked and answered the way wechatpy's own guide does it."""

import os

from flask import Flask, abort, request
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.utils import check_signature

TOKEN = os.environ["TOKEN"]
CRYPTO = WeChatCrypto(TOKEN, os.environ["ENCODING_AES_KEY"], os.environ["APPID"])

app = Flask(__name__)


@app.post("/wechat")
def callback():
    timestamp = request.args.get("timestamp", "")
    nonce = request.args.get("nonce", "")
    encrypted = request.args.get("encrypt_type") == "aes"
    try:
        check_signature(TOKEN, request.args.get("signature", ""), timestamp, nonce)
        body = request.data
        if encrypted:
            body = CRYPTO.decrypt_message(body, request.args.get("msg_signature", ""), timestamp, nonce)
    except InvalidSignatureException:
        abort(403)
    message = parse_message(body)
    answer = create_reply(message.content, message).render()
    if encrypted:
        answer = CRYPTO.encrypt_message(answer, nonce, timestamp)
    return answer, {"Content-Type": "application/xml"}
