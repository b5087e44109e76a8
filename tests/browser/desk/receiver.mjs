// A server of the shop's own, that webhooks are sent to.

import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";

export class Receiver {
  static async start() {
    const receiver = new Receiver();
    receiver.server.listen(0, "127.0.0.1");
    await once(receiver.server, "listening");
    return receiver;
  }

  constructor() {
    this.came = [];
    this.status = 200;
    this.server = createServer(async (request, response) => {
      let body = "";
      for await (const piece of request) body += piece;
      this.came.push({ headers: request.headers, body });
      response.writeHead(this.status).end("noted");
    });
  }

  get address() {
    return `127.0.0.1:${this.server.address().port}`;
  }

  /** Waits for the delivery of that number, from 1 on. */
  async delivery(n) {
    for (let tries = 0; this.came.length < n; tries++) {
      if (tries > 200) throw new Error(`${this.came.length} deliveries came instead of ${n}`);
      await new Promise((done) => setTimeout(done, 50));
    }
    return this.came[n - 1];
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** Whether a delivery is signed with this key, as the page that shows the key tells it. */
export function isSigned({ headers, body }, key) {
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const expected = createHmac("sha256", Buffer.from(key.replace(/^whsec_/, ""), "base64")).update(signed).digest("base64");
  return headers["webhook-signature"].split(" ").includes(`v1,${expected}`);
}
