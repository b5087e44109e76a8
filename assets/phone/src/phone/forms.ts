import { act, attempt, explain } from "../actions";
import { api } from "../api";
import { Scope, h } from "../dom";
import { icon } from "../icons";
import { t, type Key } from "../i18n";
import { toast } from "../toast";
import type { Phone } from "../types";
import { holdToTalk } from "./hold";
import { mapPicture } from "./map";
import { SAMPLES, pictureFile, samplePicture, type SampleName } from "./samples";
import { openSheet, sheetHead } from "./sheet";

const LARGEST = 10 * 1024 * 1024;

interface Field {
  name: string;
  label: string;
  value?: string;
  type?: string;
  hint?: string;
  required?: boolean;
  /** A sentence when the value will not do. */
  check?: (value: string) => string | null;
}

/** A form of a few fields; what is wrong is said beside the field, and what was typed stays. */
function fieldsForm(fields: Field[], submit: string, done: (values: Record<string, string>) => void): HTMLFormElement {
  const rows = fields.map((field) => {
    const id = `field-${field.name}`;
    const input = h("input", { id, name: field.name, type: field.type || "text", value: field.value || "", autocomplete: "off", "aria-describedby": `${id}-note`, "data-testid": id });
    const note = h("p", { class: "field-note", id: `${id}-note` }, field.hint || "");
    return { field, input, note };
  });
  const form = h("form", { class: "fields", novalidate: true });
  for (const { field, input, note } of rows) {
    form.append(h("label", { class: "field" }, h("span", {}, field.label), input), note);
  }
  form.append(h("button", { class: "button primary", type: "submit", "data-testid": "submit" }, submit));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const values: Record<string, string> = {};
    let wrong: HTMLInputElement | null = null;
    for (const { field, input, note } of rows) {
      const value = input.value.trim();
      values[field.name] = value;
      const problem = field.required && !value ? t("field.required", { field: field.label }) : field.check?.(value) || null;
      note.textContent = problem || field.hint || "";
      note.classList.toggle("field-problem", !!problem);
      input.setAttribute("aria-invalid", problem ? "true" : "false");
      if (problem && !wrong) wrong = input;
    }
    if (wrong) wrong.focus();
    else done(values);
  });
  return form;
}

/** Scan a code: follows with the scene when not yet a follower. */
export function openScan(host: HTMLElement, phone: Phone): void {
  openSheet(host, { label: t("scan.title"), testid: "scan-sheet" }, (sheet) => [
    sheetHead(t("scan.title"), sheet),
    h("div", { class: "finder", "aria-hidden": "true" }, h("i", {})),
    fieldsForm(
      [{ name: "scene", label: t("scan.scene"), value: "store-01", hint: t("scan.hint"), required: true }],
      phone.subscribed ? t("scan.do") : t("scan.do_follow"),
      ({ scene = "" }) => {
        sheet.close();
        void attempt(phone, { action: phone.subscribed ? "scan" : "follow_by_scene", scene });
      },
    ),
  ]);
}

export function openLink(host: HTMLElement, phone: Phone): void {
  const address = (value: string): string | null => (/^https?:\/\/\S+$/i.test(value) ? null : t("link.address_wrong"));
  openSheet(host, { label: t("link.title"), testid: "link-sheet" }, (sheet) => [
    sheetHead(t("link.title"), sheet),
    fieldsForm(
      [
        { name: "title", label: t("link.name"), value: t("link.sample_title"), required: true },
        { name: "description", label: t("link.description"), value: t("link.sample_description") },
        { name: "url", label: t("link.address"), value: "https://example.com/spring-tea", type: "url", check: address },
      ],
      t("sheet.send"),
      ({ title = "", description = "", url = "" }) => {
        sheet.close();
        void act(phone, { action: "link", title, description, url });
      },
    ),
  ]);
}

const PLACES: [Key, number, number][] = [
  ["place.west_lake", 30.2431, 120.1507],
  ["place.bund", 31.2402, 121.4905],
  ["place.canton_tower", 23.1066, 113.3245],
  ["place.alleys", 30.6637, 104.0563],
];

export function openLocation(host: HTMLElement, phone: Phone): void {
  const within = (most: number) => (value: string) =>
    value !== "" && Math.abs(Number(value)) <= most ? null : t("place.out_of_range", { most });
  openSheet(host, { label: t("place.title"), testid: "location-sheet" }, (sheet) => {
    const send = (label: string, latitude: number, longitude: number): void => {
      sheet.close();
      void act(phone, { action: "location", latitude, longitude, label });
    };
    const own = h("details", { class: "own-place" });
    own.append(
      h("summary", {}, t("place.own")),
      fieldsForm(
        [
          { name: "label", label: t("place.label"), value: "", required: true },
          { name: "latitude", label: t("place.latitude"), value: "39.9042", check: within(90) },
          { name: "longitude", label: t("place.longitude"), value: "116.4074", check: within(180) },
        ],
        t("sheet.send"),
        (values) => send(values.label ?? "", Number(values.latitude), Number(values.longitude)),
      ),
    );
    return [
      sheetHead(t("place.title"), sheet),
      h(
        "div",
        { class: "places" },
        ...PLACES.map(([key, latitude, longitude]) =>
          h(
            "button",
            { class: "place", type: "button", "data-testid": "place", onclick: () => send(t(key), latitude, longitude) },
            mapPicture(latitude, longitude),
            h("span", {}, h("strong", {}, t(key)), h("small", {}, `${latitude}, ${longitude}`)),
          ),
        ),
      ),
      own,
    ];
  });
}

export function openVoice(host: HTMLElement, phone: Phone): void {
  const scope = new Scope();
  openSheet(host, { label: t("voice.title"), testid: "voice-sheet", onclose: () => scope.end() }, (sheet) => {
    const words = h("input", { type: "text", id: "field-recognition", autocomplete: "off", "data-testid": "field-recognition", placeholder: t("voice.recognition_sample") });
    return [
      sheetHead(t("voice.title"), sheet),
      h(
        "div",
        { class: "fields" },
        h("label", { class: "field" }, h("span", {}, t("voice.recognition")), words),
        h("p", { class: "field-note" }, t("voice.hint")),
        holdToTalk(host, phone, scope, () => words.value, sheet.close),
      ),
    ];
  });
}

type Media = "image" | "video" | "short_video";

/** A picture or film: a file, or one of the samples. */
export function openMedia(host: HTMLElement, phone: Phone, kind: Media): void {
  const title = t(`kind.${kind}`);
  const file = h("input", { type: "file", class: "file-input", accept: kind === "image" ? "image/*" : "video/*", tabindex: "-1", "aria-hidden": "true", "data-testid": "file" });
  openSheet(host, { label: title, testid: "media-sheet" }, (sheet) => {
    file.addEventListener("change", () => {
      const chosen = file.files?.[0];
      if (!chosen) return;
      sheet.close();
      void upload(phone, kind, chosen);
    });
    const samples =
      kind === "image"
        ? h("div", { class: "samples" }, ...(Object.keys(SAMPLES) as SampleName[]).map((name) => sampleButton(name, phone, sheet.close)))
        : h("button", { class: "button plain", type: "button", "data-testid": "sample", onclick: () => {
            sheet.close();
            void act(phone, { action: kind });
          } }, icon("video", 20), t("media.sample_film"));
    return [
      sheetHead(title, sheet),
      h(
        "div",
        { class: "fields" },
        h("p", { class: "field-note" }, kind === "image" ? t("media.pick") : t("media.pick_film")),
        samples,
        file,
        h("button", { class: "button plain", type: "button", onclick: () => file.click() }, t("media.file")),
      ),
    ];
  });
}

function sampleButton(name: SampleName, phone: Phone, close: () => void): HTMLElement {
  const canvas = samplePicture(name);
  const send = async (): Promise<void> => {
    close();
    await upload(phone, "image", await pictureFile(canvas));
  };
  return h("button", { class: "sample", type: "button", "aria-label": t(`sample.${name}`), "data-testid": "sample", onclick: () => void send() }, canvas);
}

async function upload(phone: Phone, kind: Media, file: Blob): Promise<void> {
  if (file.size > LARGEST) {
    toast(t("error.too_large"), "bad");
    return;
  }
  try {
    const { media_id } = await api.upload(file);
    await act(phone, { action: kind, media_id });
  } catch (error) {
    toast(explain(error), "bad");
  }
}
