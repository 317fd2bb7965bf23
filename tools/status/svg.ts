import type { Box, Row } from "./picture.ts";

/** Units are those of a phone 360 wide, so that letters keep their size there. */
const width = 336;
const gap = 8;
const lineHeight = 17;
const arrowHeight = 30;
/** How wide a letter of the page's 13 px is at most, on average. */
const letter = 8.3;

/** Text that stands for itself in HTML and SVG. */
export function escaped(text: string): string {
    return text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0).toString()};`);
}

/** The rows as one drawing, which a reader of the screen gets as its text. */
export function svg(rows: readonly Row[], title: string): string {
    let top = 1;
    const parts = rows.map((row, index) => {
        const arrow = index === 0 ? "" : drawnArrow(row.arrow, top);
        if (index > 0) top += arrowHeight;
        const [drawing, height] = drawnBoxes(row.boxes, top);
        top += height;
        return arrow + drawing;
    });
    const told = rows.map(({ arrow, boxes }) => `${arrow} ${boxes.map(boxText).join("; ")}`.trim()).join(". ");
    return `<svg role="img" aria-labelledby="picture-title picture-text" viewBox="0 0 ${width.toString()} ${(top + 1).toString()}" xmlns="http://www.w3.org/2000/svg"><title id="picture-title">${escaped(title)}</title><desc id="picture-text">${escaped(told)}</desc>${parts.join("")}</svg>`;
}

function boxText({ title, lines, mark }: Box): string {
    return [title, ...lines, ...(mark === undefined ? [] : [mark])].join(", ");
}

function drawnArrow(label: string, top: number): string {
    const from = (top + 2).toString();
    const to = (top + arrowHeight - 4).toString();
    const head = `M20 ${(top + arrowHeight - 10).toString()} L24 ${to} L28 ${(top + arrowHeight - 10).toString()}`;
    return `<path class="arrow" d="M24 ${from} V${to} ${head}"/><text x="36" y="${(top + 19).toString()}">${escaped(label)}</text>`;
}

/** Two boxes stand side by side; a single one takes the whole width. Returns the drawing and its height. */
function drawnBoxes(boxes: readonly Box[], top: number): [string, number] {
    const columns = boxes.length === 1 ? 1 : 2;
    const each = (width - 2 - (columns - 1) * gap) / columns;
    let height = 0;
    let drawing = "";
    for (let first = 0; first < boxes.length; first += columns) {
        const line = boxes.slice(first, first + columns);
        const tallest = Math.max(...line.map(({ lines, mark }) => lines.length + (mark === undefined ? 1 : 2)));
        const boxHeight = tallest * lineHeight + 12;
        if (first > 0) height += gap;
        drawing += line
            .map((box, column) => drawnBox(box, 1 + column * (each + gap), top + height, each, boxHeight))
            .join("");
        height += boxHeight;
    }
    return [drawing, height];
}

function drawnBox(box: Box, x: number, y: number, wide: number, high: number): string {
    const most = Math.floor((wide - 16) / letter);
    const { title, lines, mark } = box;
    const rows = [title, ...lines, ...(mark === undefined ? [] : [`[${mark}]`])];
    const text = rows.map((row, index) => {
        const bold = index === 0 || row === `[${mark ?? ""}]` ? ' class="bold"' : "";
        const at = (y + (index + 1) * lineHeight + 1).toString();
        return `<text${bold} x="${(x + 8).toString()}" y="${at}">${escaped(shortened(row, most))}</text>`;
    });
    const kind = (mark ?? "plain").toLowerCase();
    const frame = `<rect class="${kind}" x="${x.toString()}" y="${y.toString()}" width="${wide.toString()}" height="${high.toString()}" rx="4"/>`;
    return `<g><title>${escaped(boxText(box))}</title>${frame}${text.join("")}</g>`;
}

/** The middle of a long name says least. */
function shortened(text: string, most: number): string {
    if (text.length <= most) return text;
    const half = (most - 1) / 2;
    return `${text.slice(0, Math.ceil(half))}…${text.slice(-Math.floor(half))}`;
}
