// Rows of one height of which only those in view are in the document.

/** Rows beyond each edge that are ready before they are scrolled to. */
const OVERSCAN = 12;

export class VirtualRows {
  #scroller;
  #canvas;
  #height;
  #draw;
  #count = 0;
  #shown = new Map();
  #scheduled = false;

  /** `draw(index)` makes the element of a row. */
  constructor(scroller, height, draw) {
    this.#scroller = scroller;
    this.#height = height;
    this.#draw = draw;
    this.#canvas = document.createElement("div");
    this.#canvas.className = "canvas";
    this.#canvas.setAttribute("role", "rowgroup");
    scroller.replaceChildren(this.#canvas);
    scroller.addEventListener("scroll", () => this.#schedule(), { passive: true });
    new ResizeObserver(() => this.#schedule()).observe(scroller);
  }

  /** Shows so many rows, all drawn anew. */
  reset(count) {
    this.#count = count;
    this.#canvas.style.height = `${count * this.#height}px`;
    this.#canvas.replaceChildren();
    this.#shown.clear();
    this.#update();
  }

  /** Draws the rows in view again: what they show has changed, not how many there are. */
  refresh() {
    this.reset(this.#count);
  }

  /** Draws one row again. */
  redraw(index) {
    const old = this.#shown.get(index);
    if (!old) return;
    const row = this.#place(index);
    old.replaceWith(row);
    this.#shown.set(index, row);
  }

  get scrollTop() {
    return this.#scroller.scrollTop;
  }

  set scrollTop(value) {
    this.#scroller.scrollTop = value;
    this.#update();
  }

  /** The element of a row, if it is in the document. */
  element(index) {
    return this.#shown.get(index);
  }

  /** Scrolls as little as needed to show the row. */
  reveal(index) {
    const top = index * this.#height;
    const room = this.#scroller.clientHeight - this.#height;
    if (top < this.scrollTop) this.scrollTop = top;
    else if (top > this.scrollTop + room) this.scrollTop = top - room;
    else this.#update();
  }

  /** Rows that fit the view. */
  get pageSize() {
    return Math.max(1, Math.floor(this.#scroller.clientHeight / this.#height) - 1);
  }

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#update();
    });
  }

  #place(index) {
    const row = this.#draw(index);
    row.setAttribute("aria-rowindex", String(index + 2));
    row.style.transform = `translateY(${index * this.#height}px)`;
    return row;
  }

  #update() {
    const top = this.#scroller.scrollTop;
    const first = Math.max(0, Math.floor(top / this.#height) - OVERSCAN);
    const last = Math.min(this.#count, Math.ceil((top + this.#scroller.clientHeight) / this.#height) + OVERSCAN);
    for (const [index, row] of this.#shown) {
      if (index < first || index >= last) {
        row.remove();
        this.#shown.delete(index);
      }
    }
    const fresh = document.createDocumentFragment();
    for (let index = first; index < last; index += 1) {
      if (this.#shown.has(index)) continue;
      const row = this.#place(index);
      this.#shown.set(index, row);
      fresh.append(row);
    }
    this.#canvas.append(fresh);
  }
}
