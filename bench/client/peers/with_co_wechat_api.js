// co-wechat-api against the sandbox: its followers, a menu, a customer-service message.
'use strict';

const assert = require('node:assert');
const WechatAPI = require('co-wechat-api');

const [base, appid, secret, openid] = process.argv.slice(2);

// Some of its URLs are fixed, and all of them go through `request`.
const api = new WechatAPI(appid, secret);
const request = api.request;
api.request = (url, options, retry) =>
  request.call(api, url.replace(/^https?:\/\/(file\.)?(api|mp)\.weixin\.qq\.com/, base), options, retry);

(async () => {
  // Its first page, 10,000 openids.
  const followers = await api.getFollowers();
  assert(followers.data.openid.includes(openid));
  console.log('followers listed');

  await api.createMenu({ button: [{ type: 'click', name: '今日歌曲', key: 'V1001' }] });
  assert.strictEqual((await api.getMenu()).menu.button[0].name, '今日歌曲');
  console.log('menu created');

  await api.sendText(openid, '您好，co-wechat-api');
  console.log('message sent');
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
