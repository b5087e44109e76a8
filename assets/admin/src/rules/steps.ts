// After a rule was dragged, the first cannot go up and the last cannot go down.

export default function mount(list: HTMLElement): void {
  list.addEventListener("puzi:sorted", () => {
    const rows = [...list.querySelectorAll<HTMLElement>(":scope > [data-id]")];
    rows.forEach((row, place) => {
      const button = (to: string) => row.querySelector<HTMLButtonElement>(`button[name=to][value=${to}]`);
      button("up")?.toggleAttribute("disabled", place === 0);
      button("down")?.toggleAttribute("disabled", place === rows.length - 1);
    });
  });
}
