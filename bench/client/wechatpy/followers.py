"""The first followers with their details by wechatpy: iter_followers, and get_batch for each hundred."""

import json
import resource
import sys
import time

import at_sandbox

BATCH = 100

base, appid, secret, limit, out = sys.argv[1:]
limit = int(limit)
wechat = at_sandbox.client(base, appid, secret)
wechat.access_token

started = time.monotonic()
listed = detailed = 0
last, batch = "", []


def details():
    global detailed
    followers = wechat.user.get_batch(batch)
    assert [follower["openid"] for follower in followers] == batch, "details of someone else"
    detailed += len(followers)
    batch.clear()


for openid in wechat.user.iter_followers():
    listed, last = listed + 1, openid
    batch.append(openid)
    if len(batch) == BATCH or listed == limit:
        details()
    if listed == limit:
        break
if batch:
    details()

seconds = time.monotonic() - started
with open(out, "w") as file:
    # Linux counts ru_maxrss in KiB.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    json.dump({"listed": listed, "detailed": detailed, "last": last, "seconds": seconds, "peak": peak}, file)
