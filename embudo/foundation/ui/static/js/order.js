// Lines put in order: by two buttons, by a number, or dragged by the handle. The server takes the numbers; without script the
// buttons send the form instead. Each move is announced, and the focus stays on what was pressed.
const LIST = "[data-order]", LINE = ".order-line";
const lines = (list) => [...list.querySelectorAll(LINE)];
const placeOf = (line) => line.querySelector("[name^='place-']");

function say(list, words, line) {
  const all = lines(list);
  const text = words.replace("%name", line.dataset.name).replace("%n", all.indexOf(line) + 1).replace("%m", all.length);
  document.dispatchEvent(new CustomEvent("say", { detail: { text } }));
}
function number(list) {
  lines(list).forEach((line, n) => { placeOf(line).value = n + 1; });
}
function settle(list, line) {
  number(list);
  say(list, list.dataset.moved, line);
}
// The neighbour goes past the line, so that the line itself, and the focus in it, stays where it is in the document.
function step(list, line, way) {
  const other = way === "up" ? line.previousElementSibling : line.nextElementSibling;
  if (!other?.matches(LINE)) { say(list, list.dataset.edge, line); return; }
  way === "up" ? line.after(other) : line.before(other);
  settle(list, line);
  line.scrollIntoView({ block: "nearest" });
}
function toPlace(list, line, wanted) {
  if (lines(list).indexOf(line) === wanted - 1) { number(list); return; }
  const all = lines(list).filter((one) => one !== line), at = Math.min(Math.max(1, wanted), all.length + 1) - 1;
  const field = document.activeElement;
  at < all.length ? all[at].before(line) : list.append(line);
  if (line.contains(field)) field.focus();
  settle(list, line);
}

document.addEventListener("click", (e) => {
  const button = e.target.closest?.("[data-order-move]"), list = button?.closest(LIST);
  if (!list) return;
  e.preventDefault();
  step(list, button.closest(LINE), button.dataset.orderMove);
});
document.addEventListener("change", (e) => {
  const list = e.target.matches?.("[name^='place-']") && e.target.closest(LIST), wanted = Number.parseInt(e.target.value, 10);
  if (list && wanted > 0) toPlace(list, e.target.closest(LINE), wanted);
});
document.addEventListener("keydown", (e) => {                // Enter in a number moves its line; it does not send the form
  if (e.key !== "Enter" || e.ctrlKey || !e.target.matches?.(`${LIST} [name^='place-']`)) return;
  e.preventDefault();
  const wanted = Number.parseInt(e.target.value, 10);
  if (wanted > 0) toPlace(e.target.closest(LIST), e.target.closest(LINE), wanted);
});

function ready() {
  document.querySelectorAll(`${LIST}:not([data-ready])`).forEach((list) => {
    list.dataset.ready = "";
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (window.Sortable) new Sortable(list, { handle: ".order-grip", draggable: LINE, animation: calm ? 0 : 160, onEnd: (e) => settle(list, e.item) });
  });
}
ready();
addEventListener("load", ready);
document.addEventListener("htmx:after:swap", ready);
