import { csrf, reason } from "../lib/http";
import { t } from "../lib/texts";
import { toast } from "../lib/toast";

/** What the server says about a file that it took. */
export interface Sent {
  id: string;
  /** Where it can be seen. */
  url: string;
  name: string;
  /** A picture's small version. */
  preview?: string;
}

/** Sends one file to `url`; what went wrong is told, and the answer is `null`. `progress` gets parts of one. */
export function sendFile(url: string, file: File, progress: (part: number) => void = () => undefined): Promise<Sent | null> {
  return new Promise((done) => {
    // fetch cannot say how far an upload is.
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("_csrf", csrf());
    form.append("file", file, file.name);
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(total ? loaded / total : 0));
    request.addEventListener("error", () => fail(t("failed.offline")));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) {
        const sent = JSON.parse(request.responseText) as Sent;
        return done({ ...sent, id: String(sent.id) });
      }
      const type = request.getResponseHeader("content-type") ?? "";
      const answer = new Response(request.responseText, { status: request.status, headers: { "content-type": type } });
      void reason(answer).then(fail);
    });
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRF-Token", csrf());
    request.send(form);

    function fail(why: string): void {
      toast(`${t("upload.failed", { name: file.name })}：${why}`, { kind: "error" });
      done(null);
    }
  });
}
