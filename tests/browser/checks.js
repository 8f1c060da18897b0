// What a person would notice, asked of the page as it is laid out. Each check returns what is wrong.
const seen = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
const named = (node) =>
  `${node.tagName.toLowerCase()}${node.id ? "#" + node.id : ""} "${(node.textContent || "").trim().slice(0, 60)}"`;

function texts() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (node.data.trim() && seen(parent) && !parent.closest("title, desc")) found.push(node);
  }
  return found;
}

function boxes(node) {
  const range = document.createRange();
  range.selectNodeContents(node);
  return [...range.getClientRects()].filter((box) => box.width > 1 && box.height > 1);
}

const checks = {
  pictures: () =>
    [...document.querySelectorAll("svg")]
      .filter((svg) => {
        const box = svg.getBoundingClientRect();
        const says = (tag) => svg.querySelector(tag)?.textContent.trim();
        const named = (svg.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id));
        return !seen(svg) || box.width < 50 || box.height < 10 || svg.getAttribute("role") !== "img" ||
          !says("title") || !says("desc") || named.length !== 2 || !named.every((each) => each && svg.contains(each)) ||
          [...svg.querySelectorAll("path, rect")].every((mark) => mark.closest("pattern") || !mark.getBBox().width);
      })
      .map(named),

  // The page itself never scrolls sideways; what is wider scrolls in a box that a keyboard reaches.
  width: () => {
    const wrong = [];
    const page = document.scrollingElement;
    if (page.scrollWidth > innerWidth) wrong.push(`the page is ${page.scrollWidth} wide in ${innerWidth}`);
    for (const node of document.body.querySelectorAll("*")) {
      if (node.closest("svg") || !seen(node)) continue;
      const style = getComputedStyle(node);
      const inline = style.display.startsWith("inline") || node.clientWidth === 0;
      if (inline || node.scrollWidth <= node.clientWidth + 1) continue;
      if (style.overflowX !== "auto") { if (!node.closest("table")) wrong.push(`cut off: ${named(node)}`); }
      else if (node.tabIndex !== 0 || !node.getAttribute("aria-label")) wrong.push(`out of reach: ${named(node)}`);
    }
    return wrong;
  },

  overlap: () => {
    const all = texts().flatMap((node) => boxes(node).map((box) => ({ node, box })));
    all.sort((a, b) => a.box.top - b.box.top);
    const wrong = [];
    for (let i = 0; i < all.length; i++) {
      const one = all[i];
      for (let j = i + 1; j < all.length && all[j].box.top < one.box.bottom - 3; j++) {
        const two = all[j];
        if (one.node === two.node) continue;
        const across = Math.min(one.box.right, two.box.right) - Math.max(one.box.left, two.box.left);
        const down = Math.min(one.box.bottom, two.box.bottom) - Math.max(one.box.top, two.box.top);
        if (across > 2 && down > 3) wrong.push(`"${one.node.data.trim()}" on "${two.node.data.trim()}"`);
      }
    }
    return wrong;
  },

  contrast: () => {
    const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const parsed = (colour) => colour.match(/[\d.]+/g).map(Number);
    const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const behind = (node) => {
      for (let each = node; each; each = each.parentElement) {
        const colour = parsed(getComputedStyle(each).backgroundColor);
        if (colour.length === 3 || colour[3] > 0.99) return colour;
      }
      return [255, 255, 255];
    };
    const wrong = new Set();
    for (const node of texts()) {
      const parent = node.parentElement, style = getComputedStyle(parent);
      const ink = parsed(parent.closest("svg") ? style.fill : style.color);
      const [a, b] = [light(ink), light(behind(parent))].sort((x, y) => y - x);
      const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
      const ratio = (a + 0.05) / (b + 0.05);
      if (ratio < (large ? 3 : 4.5)) wrong.add(`${ratio.toFixed(2)}: ${named(parent)}`);
    }
    return [...wrong];
  },

  structure: () => {
    const wrong = [];
    const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((each) => Number(each.tagName[1]));
    if (levels.filter((level) => level === 1).length !== 1 || levels[0] !== 1) wrong.push("not one h1, first");
    levels.forEach((level, at) => { if (at && level > levels[at - 1] + 1) wrong.push(`h${level} after h${levels[at - 1]}`); });
    if (!document.documentElement.lang || !document.title) wrong.push("no language or title");
    for (const table of document.querySelectorAll("table")) {
      const heads = table.querySelectorAll("thead th"), rows = [...table.querySelectorAll("tbody tr")];
      if (!table.caption?.textContent.trim()) wrong.push(`no caption: ${named(table)}`);
      if (![...heads].every((each) => each.scope === "col" && each.textContent.trim())) wrong.push(`heads: ${named(table)}`);
      if (!rows.length || !rows.every((row) => row.querySelector("th[scope=row]") && row.cells.length === heads.length))
        wrong.push(`rows: ${named(table)}`);
    }
    for (const box of document.querySelectorAll(".scroll"))
      if (box.tabIndex !== 0 || box.getAttribute("role") !== "region" || !box.ariaLabel) wrong.push(`box: ${named(box)}`);
    const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
    if (new Set(ids).size !== ids.length) wrong.push("two of one id");
    for (const link of document.querySelectorAll("a"))
      if (!document.querySelector(link.getAttribute("href"))) wrong.push(`leads nowhere: ${named(link)}`);
    if (document.querySelector("[tabindex]:not([tabindex='0'])")) wrong.push("focus out of order");
    return wrong;
  },

  // On paper nothing scrolls and nothing is folded.
  paper: () => {
    const edge = document.body.getBoundingClientRect().right + 1;
    const wrong = [...document.querySelectorAll("details > :not(summary)")]
      .filter((each) => !seen(each))
      .map((each) => `folded: ${named(each)}`);
    const right = Math.min(edge, innerWidth + 1);
    for (const node of texts())
      if (boxes(node).some((box) => box.right > right || box.left < -1)) wrong.push(`beyond the edge: "${node.data.trim()}"`);
    for (const node of document.querySelectorAll("svg, table, pre"))
      if (node.getBoundingClientRect().right > right) wrong.push(`beyond the edge: ${named(node)}`);
    return wrong;
  },
};
