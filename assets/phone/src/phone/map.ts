const SPACE = "http://www.w3.org/2000/svg";

/** A drawing of streets around a place: the same place gives the same streets, and no map server is asked. */
export function mapPicture(latitude: number, longitude: number): SVGSVGElement {
  const svg = document.createElementNS(SPACE, "svg");
  svg.setAttribute("viewBox", "0 0 240 110");
  svg.setAttribute("preserveAspectRatio", "xMidYMid slice");
  svg.setAttribute("class", "map");
  svg.setAttribute("aria-hidden", "true");
  const draw = (d: string, part: string): void => {
    const path = document.createElementNS(SPACE, "path");
    path.setAttribute("d", d);
    path.setAttribute("class", part);
    svg.appendChild(path);
  };
  const seed = Math.abs(Math.round((latitude * 7 + longitude * 13) * 1000));
  const some = (n: number, range: number): number => (Math.imul(seed + n * 977, 2654435761) >>> 8) % range;
  draw("M0 0h240v110H0z", "map-land");
  draw(`M0 ${70 + some(1, 30)}C60 ${50 + some(2, 30)} 90 ${90 + some(3, 20)} 150 80S220 ${60 + some(4, 30)} 240 ${70 + some(5, 20)}V110H0z`, "map-water");
  draw(`M${20 + some(6, 120)} ${8 + some(7, 20)}h${34 + some(8, 30)}v${22 + some(9, 14)}h-${34 + some(8, 30)}z`, "map-park");
  for (let i = 0; i < 4; i += 1) draw(`M${some(10 + i, 240)} -4L${some(20 + i, 240)} 114`, "map-street");
  for (let i = 0; i < 3; i += 1) draw(`M-4 ${some(30 + i, 110)}L244 ${some(40 + i, 110)}`, "map-street");
  draw(`M-4 ${30 + some(50, 40)}C80 ${20 + some(51, 40)} 160 ${40 + some(52, 40)} 244 ${30 + some(53, 40)}`, "map-road");
  draw("M120 66s13-13 13-23a13 13 0 10-26 0c0 10 13 23 13 23z", "map-pin");
  draw("M120 48a5 5 0 100-10 5 5 0 000 10z", "map-pin-eye");
  return svg;
}
