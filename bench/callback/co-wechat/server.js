'use strict';
// A text echo on co-wechat and Koa, with as many workers as WORKERS says.
// co-wechat reads the raw body itself, so no body parser is needed; it checks the signature in both modes.
const cluster = require('node:cluster');

const workers = Number(process.env.WORKERS || 2);

if (cluster.isPrimary) {
  for (let i = 0; i < workers; i += 1) cluster.fork();
} else {
  const Koa = require('koa');
  const wechat = require('co-wechat');
  const { APPID, TOKEN, ENCODING_AES_KEY, PORT } = process.env;
  const app = new Koa();
  app.use(
    wechat({ appid: APPID, token: TOKEN, encodingAESKey: ENCODING_AES_KEY }).middleware(
      async (message) => message.Content,
    ),
  );
  const server = app.listen(Number(PORT), '127.0.0.1');
  server.keepAliveTimeout = 120000;
}
