"use strict";
// The page works without this script but for the plot, the sorting and the drawings. Text of the study goes into the
// page as text (textContent) only.

const page = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const NOTHING = "\u2013";

function make(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function draw(tag, attributes, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

const asPercent = (value) => (value === null ? NOTHING : `${(100 * value).toFixed(2)}%`);
const asCount = (value) => (value === null ? NOTHING : value.toLocaleString("en-US", { maximumFractionDigits: 0 }));

// ---- the list: sorting and filtering ----

const list = document.getElementById("list");
const rows = [...list.tBodies[0].rows];
const recordOf = (row) => page.trials[Number(row.dataset.trial)];
const collator = new Intl.Collator("en", { numeric: true });

function compared(first, second) {
  return typeof first === "number" ? first - second : collator.compare(first, second);
}

/** Rows by one column; what has no value stands at the end in both directions, equals in the order of the study. */
function sortBy(key, direction) {
  const isMissing = (row) => recordOf(row)[key] === null || recordOf(row)[key] === "";
  rows.sort((a, b) => {
    if (isMissing(a) || isMissing(b)) return isMissing(a) - isMissing(b) || a.dataset.trial - b.dataset.trial;
    return direction * compared(recordOf(a)[key], recordOf(b)[key]) || a.dataset.trial - b.dataset.trial;
  });
  list.tBodies[0].append(...rows);
}

for (const head of list.querySelectorAll("th[data-key]")) {
  head.querySelector("button").addEventListener("click", () => {
    const order = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    for (const other of list.querySelectorAll("th[data-key]")) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", order);
    sortBy(head.dataset.key, order === "ascending" ? 1 : -1);
  });
}

const filter = document.getElementById("filter");
const texts = new Map(rows.map((row) => [row, [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase()]));

/** Shows the rows that have every word of the filter. */
function applyFilter() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const row of rows) {
    row.hidden = !words.every((word) => texts.get(row).includes(word));
    count += row.hidden ? 0 : 1;
  }
  document.getElementById("count").textContent = `${asCount(count)} of ${asCount(rows.length)}`;
}

filter.addEventListener("input", applyFilter);
list.tBodies[0].addEventListener("click", (event) => {
  const row = event.target.closest("tr");
  if (row && !String(window.getSelection())) openTrial(Number(row.dataset.trial));
});

// ---- the dialog: one network ----

const dialog = document.getElementById("dialog");
const content = document.getElementById("network");
let opened = -1;
let drawings = null;

/** The drawing of a network, unpacked: `svg` and `text`. */
async function unpacked(number) {
  drawings ??= JSON.parse(document.getElementById("drawings").textContent);
  const bytes = Uint8Array.from(atob(drawings[number]), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function openTrial(number) {
  const trial = page.trials[number];
  opened = number;
  const interval = trial.low === null ? "" : ` (${asPercent(trial.low)} to ${asPercent(trial.high)})`;
  const settings = [
    ["Test accuracy", trial.test === null ? NOTHING : asPercent(trial.test) + interval],
    ["Validation accuracy", asPercent(trial.validation)],
    ["Training accuracy", asPercent(trial.train)],
    ["Loss", trial.loss === null ? NOTHING : trial.loss.toPrecision(4)],
    ["Weights", asCount(trial.weights)],
    ["MACs", asCount(trial.macs)],
    ["Efficiency", trial.efficiency === null ? NOTHING : trial.efficiency.toPrecision(3)],
    ["Blocks", asCount(trial.blocks)],
    ["Cells", asCount(trial.cells)],
    ["Layers with weights", asCount(trial.layers)],
    ["Epochs", asCount(trial.epochs)],
    ["CPU seconds", asCount(trial.cpu)],
    ["Predicted CPU seconds", asCount(trial.predicted)],
    ["Hash", trial.hash || NOTHING],
  ].filter(([, value]) => value !== NOTHING);
  content.replaceChildren(
    make("h2", { id: "network-title" }, trial.name),
    make("p", {}, `${trial.part} on ${trial.dataTitle}: ${trial.status}`),
    ...(trial.reason ? [make("p", { class: "reason" }, trial.reason)] : []),
    make("dl", { class: "settings" }, ...settings.map(([head, value]) => make("div", {}, make("dt", {}, head), make("dd", {}, value)))),
    ...(trial.history.length > 0 ? history(trial) : []),
    ...(trial.note ? [make("p", { class: "note" }, trial.note)] : []),
  );
  if (trial.drawing !== null) showDrawing(number, trial);
  document.getElementById("previous").disabled = neighbour(-1) === null;
  document.getElementById("next").disabled = neighbour(1) === null;
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

async function showDrawing(number, trial) {
  const place = make("div", { class: "drawing", tabindex: "0", role: "region", "aria-label": `Drawing of ${trial.name}` });
  const fit = make("input", { type: "checkbox" });
  fit.addEventListener("change", () => place.classList.toggle("fitted", fit.checked));
  content.append(make("h3", {}, "Architecture"), make("label", { class: "fit" }, fit, " fit the width"), place);
  try {
    const { svg, text } = await unpacked(trial.drawing);
    if (opened !== number) return;
    place.append(document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true));
    content.append(make("details", {}, make("summary", {}, "As text"), make("pre", { tabindex: "0" }, text)));
  } catch (error) {
    place.append(make("p", { class: "reason" }, `This browser cannot unpack the drawing (${error.message}).`));
  }
}

/** The trial before or after the opened one, in the order of the list as it is sorted and filtered; null at its ends. */
function neighbour(step) {
  const visible = rows.filter((row) => !row.hidden || Number(row.dataset.trial) === opened);
  const place = visible.findIndex((row) => Number(row.dataset.trial) === opened) + step;
  return place >= 0 && place < visible.length ? Number(visible[place].dataset.trial) : null;
}

for (const [name, step] of [["previous", -1], ["next", 1]]) {
  document.getElementById(name).addEventListener("click", () => openTrial(neighbour(step)));
}
document.getElementById("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => { opened = -1; });
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

// ---- accuracy by epoch ----

const CURVES = [["training", 1, "s1", "dashed"], ["validation", 2, "s2", "dotted"], ["test", 3, "s0", "solid"]];

function history(trial) {
  const known = CURVES.filter(([, place]) => trial.history.some((epoch) => epoch[place] !== null));
  const [width, height, left, right, top, bottom] = [540, 230, 46, 84, 10, 34];
  const count = trial.history.length;
  const x = (epoch) => left + (count === 1 ? 0.5 : (epoch - 1) / (count - 1)) * (width - left - right);
  const y = (accuracy) => top + (1 - accuracy) * (height - top - bottom);
  const parts = [0, 0.25, 0.5, 0.75, 1].map((tick) => draw("g", {},
    draw("path", { d: `M${left} ${y(tick)}H${width - right}`, class: "grid" }),
    draw("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, `${100 * tick}%`)));
  for (const epoch of new Set([1, Math.round((count + 1) / 2), count])) {
    parts.push(draw("text", { x: x(epoch), y: height - bottom + 16, "text-anchor": "middle" }, String(epoch)));
  }
  parts.push(draw("text", { x: (left + width - right) / 2, y: height - 3, "text-anchor": "middle" }, "epoch"));
  let lowest = -Infinity;
  const labels = known.map(([name, place]) => [name, y(trial.history[count - 1][place] ?? 0)]).sort((a, b) => a[1] - b[1]);
  const label = new Map(labels.map(([name, at]) => [name, (lowest = Math.max(at, lowest + 13))]));
  for (const [name, place, colour, dashes] of known) {
    const points = trial.history.map((epoch, number) => [number + 1, epoch[place]]).filter(([, value]) => value !== null);
    const line = points.map(([epoch, value], number) => `${number ? "L" : "M"}${x(epoch).toFixed(1)} ${y(value).toFixed(1)}`).join("");
    parts.push(draw("path", { d: line, class: `${colour} ${dashes}` }));
    if (points.length === 1) parts.push(draw("circle", { cx: x(points[0][0]), cy: y(points[0][1]), r: 4, class: colour }));
    parts.push(draw("text", { x: width - right + 6, y: label.get(name) + 4 }, name));
  }
  const words = known.map(([name, place]) => `${name} ${asPercent(trial.history[count - 1][place])}`).join(", ");
  const curve = draw("svg", { viewBox: `0 0 ${width} ${height}`, class: "curve", role: "img", "aria-label": `Accuracy by epoch; after the last: ${words}` }, ...parts);
  const heads = ["Epoch", "Loss", ...known.map(([name]) => `Accuracy, ${name}`)];
  const lines = trial.history.map((epoch, number) => make("tr", {},
    make("td", { class: "number" }, String(number + 1)),
    make("td", { class: "number" }, epoch[0] === null ? NOTHING : epoch[0].toPrecision(4)),
    ...known.map(([, place]) => make("td", { class: "number" }, asPercent(epoch[place])))));
  const table = make("table", {},
    make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col", class: "number" }, head)))),
    make("tbody", {}, ...lines));
  return [make("h3", {}, "Accuracy by epoch"), curve,
    make("p", { class: "note" }, "On training images it is the mean during the epoch."),
    make("details", {}, make("summary", {}, "As a table"), make("div", { class: "scroll", tabindex: "0" }, table))];
}

// ---- the plot: accuracy against size ----

const SAMPLE_MARKS = ["circle", "triangle", "square", "diamond", "pentagon", "down"];
const HAND_MARKS = ["star", "cross", "plus", "bow"];
const plot = document.getElementById("plot");
const hiddenSeries = new Set();
let shownData = page.data.length > 0 ? page.data[0].name : "";
let fits = false;
let stopNumber = -1;

/** Marks of about equal area, as paths around (0, 0). */
function outline(mark, r) {
  const polygon = (count, radius, turn) => "M" + Array.from({ length: count }, (_, number) => {
    const angle = turn + (2 * Math.PI * number) / count;
    const distance = typeof radius === "function" ? radius(number) : radius;
    return `${(distance * Math.cos(angle)).toFixed(2)} ${(distance * Math.sin(angle)).toFixed(2)}`;
  }).join("L") + "Z";
  const up = -Math.PI / 2;
  switch (mark) {
    case "triangle": return polygon(3, 1.3 * r, up);
    case "down": return polygon(3, 1.3 * r, -up);
    case "square": return polygon(4, 1.25 * r, Math.PI / 4);
    case "diamond": return polygon(4, 1.3 * r, 0);
    case "pentagon": return polygon(5, 1.15 * r, up);
    case "star": return polygon(10, (number) => (number % 2 ? 0.75 * r : 1.8 * r), up);
    case "cross": return polygon(8, (number) => (number % 2 ? 0.5 * r : 1.7 * r), Math.PI / 4);
    case "plus": return polygon(8, (number) => (number % 2 ? 0.5 * r : 1.7 * r), 0);
    case "bow": return `M${-1.4 * r} ${-r}L${1.4 * r} ${r}V${-r}L${-1.4 * r} ${r}Z`;
    default: return `M${r} 0A${r} ${r} 0 1 1 ${-r} 0A${r} ${r} 0 1 1 ${r} 0Z`;
  }
}

const styles = new Map();
for (const kind of ["sample", "by hand"]) {
  page.series.filter((series) => series.kind === kind).forEach((series, number) => {
    const marks = kind === "sample" ? SAMPLE_MARKS : HAND_MARKS;
    styles.set(`${series.name}`, styles.get(series.name) ?? {
      mark: marks[number % marks.length], colour: kind === "sample" ? `s${number % 6}` : "hand", kind,
    });
  });
}

function pointsOf(data) {
  return page.trials
    .map((trial, number) => ({ trial, number }))
    .filter(({ trial }) => trial.data === data && trial.series && styles.has(trial.series) && trial.test !== null && trial.weights > 0);
}

const svgHolder = make("div", {});
const tip = make("div", { id: "tip", hidden: "" });

function tipText(point) {
  return `${point.name}\n${point.detail}\n${asCount(point.weights)} weights, ${asPercent(point.accuracy)}`;
}

function showTip(point) {
  tip.textContent = tipText(point);
  tip.hidden = false;
  const room = svgHolder.clientWidth - tip.offsetWidth;
  tip.style.left = `${Math.max(0, Math.min(point.x + 12, room))}px`;
  tip.style.top = `${svgHolder.offsetTop + Math.max(0, point.y - tip.offsetHeight - 10)}px`;
}

function ticksOf(low, high) {
  const step = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2].find((size) => (high - low) / size <= 7) ?? 0.2;
  const ticks = [];
  for (let place = Math.ceil(low / step - 1e-9); place * step <= high + 1e-9; place += 1) ticks.push(place * step);
  return ticks;
}

const POWERS = ["1", "10", "100", "1k", "10k", "100k", "1M", "10M", "100M", "1G", "10G"];

function renderPlot() {
  tip.hidden = true;
  const width = Math.max(280, svgHolder.clientWidth);
  const height = Math.round(Math.min(560, Math.max(320, 0.55 * width)));
  const [left, right, top, bottom] = [52, 14, 14, 46];
  const data = page.data.find((one) => one.name === shownData);
  if (!data) return;
  const trials = pointsOf(data.name).filter(({ trial }) => !hiddenSeries.has(trial.series)).map(({ trial, number }) => ({
    number, name: trial.name, detail: `${trial.part}, ${trial.epochs} epochs`, weights: trial.weights, accuracy: trial.test, series: trial.series,
  }));
  const paper = hiddenSeries.has("") ? [] : data.paper.map((row) => ({
    number: null, name: row.name, detail: "the paper, Table 1", weights: row.weights, accuracy: row.accuracy, series: "",
  }));
  const points = [...trials, ...paper];
  if (points.length === 0) {
    svgHolder.replaceChildren(make("p", { class: "note" }, "Nothing to show: no network is trained yet, or none is chosen."));
    return;
  }
  const logs = points.map((point) => Math.log10(point.weights));
  const [least, most] = [Math.min(...logs) - 0.15, Math.max(...logs) + 0.15];
  const accuracies = points.map((point) => point.accuracy);
  const low = fits ? Math.max(0, Math.min(...accuracies) - 0.02) : 0;
  const high = fits ? Math.min(1, Math.max(...accuracies) + 0.02) : 1;
  const x = (weights) => left + ((Math.log10(weights) - least) / (most - least)) * (width - left - right);
  const y = (accuracy) => top + (1 - (accuracy - low) / (high - low)) * (height - top - bottom);
  const parts = [];
  for (const tick of ticksOf(low, high)) {
    parts.push(draw("path", { d: `M${left} ${y(tick).toFixed(1)}H${width - right}`, class: "grid" }));
    parts.push(draw("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, `${Number((100 * tick).toFixed(1))}%`));
  }
  for (let power = Math.ceil(least); power <= most; power += 1) {
    parts.push(draw("path", { d: `M${x(10 ** power).toFixed(1)} ${top}V${height - bottom}`, class: "grid" }));
    parts.push(draw("text", { x: x(10 ** power), y: height - bottom + 16, "text-anchor": "middle" }, POWERS[power] ?? `1e${power}`));
  }
  if (data.chance >= low && data.chance <= high) {
    parts.push(draw("path", { d: `M${left} ${y(data.chance).toFixed(1)}H${width - right}`, class: "chance" }));
    parts.push(draw("text", { x: left + 4, y: y(data.chance) - 4 }, "chance"));
  }
  parts.push(draw("text", { x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" }, "weights"));
  parts.push(draw("text", { x: 14, y: (top + height - bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${(top + height - bottom) / 2})` }, "test accuracy"));
  for (const point of points) {
    [point.x, point.y] = [x(point.weights), y(point.accuracy)];
    const style = styles.get(point.series);
    const place = `translate(${point.x.toFixed(1)} ${point.y.toFixed(1)})`;
    if (point.number === null) {
      point.element = draw("path", { d: outline("circle", 7), transform: place, class: "paper" });
    } else {
      const label = `${tipText(point).replaceAll("\n", ", ")}`;
      point.element = draw("path", {
        d: outline(style.mark, 4.6), transform: place, class: `point ${style.colour}`,
        role: "button", tabindex: "-1", "aria-label": label,
      });
    }
  }
  const byHand = (point) => point.number !== null && styles.get(point.series).kind === "by hand";
  const layers = [paper, trials.filter((point) => !byHand(point)), trials.filter(byHand)];
  parts.push(...layers.flat().map((point) => point.element));
  const svg = draw("svg", {
    width, height, class: "chart", role: "group", "aria-label": `Accuracy against weights, ${data.title}: ${trials.length} networks`,
  }, ...parts);
  const hadFocus = svgHolder.contains(document.activeElement);
  const stop = makeReachable(svg, points, trials);
  svgHolder.replaceChildren(svg);
  if (hadFocus) stop?.element.focus();
}

/** Pointers find the nearest point; of the keyboard's stops the plot is one, and arrows move in it by size. */
function makeReachable(svg, points, trials) {
  const order = [...trials].sort((a, b) => a.weights - b.weights || a.accuracy - b.accuracy);
  const nearest = (event, reach) => {
    const box = svg.getBoundingClientRect();
    let [best, distance] = [null, reach];
    for (const point of points) {
      const found = Math.hypot(point.x - (event.clientX - box.left), point.y - (event.clientY - box.top));
      if (found < distance || (found === distance && point.number !== null)) [best, distance] = [point, found];
    }
    return best;
  };
  let near = null;
  const mark = (point) => {
    near?.element.classList.remove("near");
    near = point;
    near?.element.classList.add("near");
    if (near) showTip(near); else tip.hidden = true;
  };
  svg.addEventListener("pointermove", (event) => mark(nearest(event, 14)));
  svg.addEventListener("pointerleave", () => mark(null));
  svg.addEventListener("click", (event) => {
    const point = nearest(event, event.pointerType === "touch" ? 24 : 14);
    if (point && point.number !== null) openPoint(point);
    else if (point) mark(point);
  });
  const openPoint = (point) => {
    setStop(point);
    point.element.focus();
    openTrial(point.number);
  };
  const setStop = (point) => {
    stopNumber = point.number;
    for (const other of order) other.element.setAttribute("tabindex", other === point ? "0" : "-1");
  };
  const first = order.find((point) => point.number === stopNumber) ?? order[0];
  if (first) setStop(first);
  const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };
  order.forEach((point, place) => {
    point.element.addEventListener("focus", () => showTip(point));
    point.element.addEventListener("blur", () => { tip.hidden = true; });
    point.element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        openPoint(point);
      } else if (event.key in step || event.key === "Home" || event.key === "End") {
        const target = event.key === "Home" ? 0 : event.key === "End" ? order.length - 1 : place + step[event.key];
        const next = order[Math.max(0, Math.min(order.length - 1, target))];
        setStop(next);
        next.element.focus();
      } else {
        return;
      }
      event.preventDefault();
    });
  });
  return first;
}

function key(path, colour) {
  return draw("svg", { viewBox: "-9 -9 18 18", class: "key", "aria-hidden": "true" }, draw("path", { d: path, class: colour }));
}

function seriesChoice(name, label, icon) {
  const box = make("input", { type: "checkbox", checked: "" });
  box.addEventListener("change", () => {
    if (box.checked) hiddenSeries.delete(name); else hiddenSeries.add(name);
    renderPlot();
  });
  return make("label", {}, box, icon, label);
}

function plotControls() {
  const choice = make("select", {}, ...page.data.map((data) => make("option", { value: data.name }, data.title)));
  choice.addEventListener("change", () => { shownData = choice.value; renderPlot(); });
  const fit = make("input", { type: "checkbox" });
  fit.addEventListener("change", () => { fits = fit.checked; renderPlot(); });
  const series = [...styles].map(([name, style]) => seriesChoice(name, name, key(outline(style.mark, 4.6), style.colour)));
  if (page.data.some((data) => data.paper.length > 0)) {
    series.push(seriesChoice("", "the paper, Table 1", key(outline("circle", 7), "paper-mark")));
  }
  return make("div", { class: "controls" }, make("label", {}, "Data set ", choice), ...series, make("label", {}, fit, "fit the accuracies"));
}

plot.replaceChildren(plotControls(), svgHolder, tip);
let width = svgHolder.clientWidth;
renderPlot();
new ResizeObserver(() => {
  if (svgHolder.clientWidth === width) return;
  width = svgHolder.clientWidth;
  renderPlot();
}).observe(svgHolder);
