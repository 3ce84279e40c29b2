// Values edited where they stand: cells of a list (data-edit on the cell, data-row on its row), facts on a record's page.
// Enter or F2 on a row's link or a cell, a double click, or the pencil opens the form; Enter saves, Escape leaves all as it was,
// Tab saves and goes on to the next. The server draws form and value alike.
const HOME = "[data-editor]";
let box = null, cell = null, goal = null;                 // the open form's box, its cell, and where to go after it
let first = "", refused = null;                           // what the form held at first, and what the server did not take

const home = (el) => el?.closest(HOME);
const isFact = (el) => home(el)?.dataset.names !== undefined;
const names = (el) => (home(el).dataset.names ?? "").split(" ");
const rowOf = (el) => home(el).dataset.row ?? el.closest("[data-row]")?.dataset.row;
const isEditable = (el) => Boolean(el && home(el) && rowOf(el) && (!isFact(el) || names(el).includes(el.dataset.edit)));
const cellOf = (el) => { const found = el.closest?.("[data-edit]"); return isEditable(found) ? found : null; };
const cellsOf = (el) => [...home(el).querySelectorAll("[data-edit]")].filter(isEditable);
const factNamed = (name) => [...document.querySelectorAll(`${HOME}[data-names] [data-edit="${CSS.escape(name)}"]`)].find(isEditable);
const headOf = (el) => el.matches("th") && [...el.closest("table").querySelectorAll("thead th:not(.col-check)")][0]?.textContent.trim();
const labelOf = (el) => el.dataset.label || headOf(el) || el.previousElementSibling?.textContent.trim() || "";

function address(el, more = "") {
  const { editor, here = "", back = "" } = home(el).dataset, key = el.dataset.cell ?? "";
  return `${editor}${rowOf(el)}/${el.dataset.edit}/?cell=${encodeURIComponent(key)}${here || back ? `&${here || back}` : ""}${more}`;
}
async function ask(url, body) {
  const answer = await fetch(url, { method: body ? "POST" : "GET", body, headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer) { say(document.body.dataset.msgOffline); return null; }
  const elsewhere = answer.headers.get("HX-Redirect");
  if (elsewhere) { location.href = elsewhere; return null; }
  if (answer.status === 403 || answer.status === 404) { say(home(cell).dataset.refused); return null; }
  if (answer.status >= 500) { say(document.body.dataset.msgBroken); return null; }
  return answer;
}
// app.js speaks and shows it: a second module must not load it again under its plain name.
function tell(detail) { document.dispatchEvent(new CustomEvent("say", { detail })); }
function say(text) { tell({ text, urgent: true, toast: true, bad: true }); }

/* ---------- The form stands above its cell, so that nothing moves ---------- */
async function open(el) {
  if (cell === el) return;
  if (box && !(await leave())) return;
  cell = el;
  el.setAttribute("aria-busy", "true");
  const answer = await ask(address(el));
  el.removeAttribute("aria-busy");
  if (!answer) { cell = null; return; }
  box = document.createElement("div");
  box.className = "inline-box";
  box.popover = "manual";
  el.append(box);
  fill(await answer.text());
  first = typed();
}
function fill(html) {
  box.innerHTML = html;
  if (!box.matches(":popover-open")) box.showPopover();
  place();
  const control = box.querySelector(".error") && box.querySelector("[aria-invalid]") || box.querySelector("input:not([type=hidden]), select, textarea");
  control?.focus();
  control?.select?.();
  const told = [...box.querySelectorAll(".error, .notice")].map((one) => one.textContent.trim().replace(/\s+/g, " ")).join(" ");
  if (told) tell({ text: told, urgent: true });
}
function place() {
  if (!box?.isConnected) return;
  const at = cell.getBoundingClientRect(), list = box.querySelector("x-lookup") ? 330 : 0;   // suggestions need room below
  const wide = Math.min(Math.max(at.width, list || 260), innerWidth - 16);
  box.style.inlineSize = `${wide}px`;
  box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - wide - 8))}px`;
  box.style.top = `${Math.max(8, Math.min(at.top, innerHeight - Math.max(box.offsetHeight, list) - 8))}px`;
}
addEventListener("scroll", place, true);
addEventListener("resize", place);

const form = () => box?.querySelector("form");
const typed = () => new URLSearchParams([...new FormData(form())].filter(([name]) => name !== "csrfmiddlewaretoken")).toString();

function close() {
  const was = cell;
  box?.remove();
  box = cell = refused = null;
  return was;
}
function cancel() { settle(close()); }
// Whoever goes on elsewhere is not kept, and what they go to is not covered: an edit is saved, one that was refused is left and said so.
document.addEventListener("focusin", (e) => {
  if (!box || box.hasAttribute("aria-busy") || box.contains(e.target) || !form()) return;
  if (typed() === refused) { const { left } = home(cell).dataset; close(); say(left); }
  else if (typed() === first) close();
  else { goal = null; save(e.target); }
});
// Another cell is opened while this form is: an untouched one goes, a changed one is saved first.
async function leave() {
  if (typed() === first) { close(); return true; }
  goal = null;
  return save();
}
let saving = null;                                        // one at a time, whoever asks for it
function save(stays = null) { return (saving ??= store(stays).finally(() => { saving = null; })); }
// Words typed to search by name nothing until one of the suggestions is chosen.
const looseWords = () => [...box.querySelectorAll("x-lookup")].map((one) => one.querySelector("[role=combobox]")).find((one) => one.value.trim() && !one.parentElement.querySelector("select").value);
async function store(stays) {
  const mine = cell, loose = looseWords();
  if (loose) {
    goal = null;
    if (stays) { const { left } = home(cell).dataset; close(); say(left); }
    else { loose.focus(); say(home(cell).dataset.choose); }
    return false;
  }
  if (typed() === first && !box.querySelector(".notice, .error")) { const next = goal; goal = null; close(); next ? open(next) : settle(mine); return true; }
  box.setAttribute("aria-busy", "true");
  const answer = await ask(address(cell), new FormData(form()));
  box?.removeAttribute("aria-busy");
  if (!answer) return false;
  const html = await answer.text();
  if (!answer.ok) { goal = null; fill(html); refused = typed(); return false; }
  close();
  await show(mine, html);
  stays?.focus?.();
  for (const [name, detail] of Object.entries(JSON.parse(answer.headers.get("HX-Trigger") ?? "{}"))) document.dispatchEvent(new CustomEvent(name, { detail }));
  return true;
}
async function show(el, html) {
  const next = goal && isFact(goal) ? goal.dataset.edit : goal, name = el.dataset.edit;
  goal = null;
  if (!isFact(el)) { redrawRow(el, html); settle(el); if (next) open(next); return; }
  (el.querySelector("h1") ?? el).innerHTML = html;
  await redraw();
  settle(factNamed(name) ?? el);
  if (next && factNamed(next)) open(factNamed(next));
}
// The whole row comes anew: "Changed" and other cells follow from the value. Its box keeps its tick, its menu its number.
function redrawRow(el, html) {
  const part = document.createElement("template"), row = el.closest("tr");
  part.innerHTML = html;
  const fresh = part.content.querySelector("tr");
  if (!fresh) { el.innerHTML = html; return; }
  floating?.remove();
  floating = null;
  const cells = (one) => [...one.cells].filter((td) => !td.matches(".col-check, .col-act")), now = cells(row);
  cells(fresh).forEach((td, n) => { if (now[n] && now[n].innerHTML !== td.innerHTML) now[n].innerHTML = td.innerHTML; });
  for (const words of [".col-act .vh", ".col-check input"]) {
    const old = row.querySelector(words), anew = fresh.querySelector(words);
    if (old?.ariaLabel && anew) old.ariaLabel = anew.ariaLabel;
    else if (old && anew) old.textContent = anew.textContent;
  }
  row.className = fresh.className;
  if (!fresh.dataset.row) delete row.dataset.row;
}
// A record's page draws its facts itself: other values may follow from the one that was set.
async function redraw() {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const named = [...page.querySelectorAll(".record .card[aria-labelledby]:not(.panel)")].map((one) => `.card[aria-labelledby="${one.getAttribute("aria-labelledby")}"]`);
  for (const part of [".crumbs", ".record-head", ".steps", ...named]) {        // panels load themselves anew
    const now = document.querySelector(part), fresh = page.querySelector(part);
    if (!now || !fresh) continue;
    const anew = document.importNode(fresh, true);
    now.replaceWith(anew);
    htmx.process(anew);
  }
  document.dispatchEvent(new CustomEvent("retitle", { detail: page.title }));
  pencils();
}
function settle(el) {
  if (!el?.isConnected) return;
  const target = el.querySelector(".edit-pencil") ?? (isFact(el) ? null : el);
  if (!target) return;
  if (target === el) el.tabIndex = -1;
  target.focus();
}

/* ---------- The pencil: one for the cell under the pointer, one for each fact ---------- */
function pencil(el) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-ghost btn-icon edit-pencil";
  const svg = `<svg class="icon" aria-hidden="true"><use href="${document.documentElement.dataset.sprite}#pencil"/></svg>`;
  button.innerHTML = svg;
  button.ariaLabel = home(el).dataset.editWords.replace("%(label)s", labelOf(el));   // no text of its own: it stands in the value's cell
  return button;
}
function pencils() {
  for (const el of document.querySelectorAll(`${HOME}[data-names] [data-edit]`)) {
    if (isEditable(el) && !el.querySelector(".edit-pencil")) { el.classList.add("editable"); el.append(pencil(el)); }
  }
}
pencils();
document.addEventListener("htmx:after:swap", pencils);
let floating = null;
function float(e) {
  const el = e.target.closest?.("td[data-edit], th[data-edit]");
  if (floating && floating.parentElement !== el) { if (floating === document.activeElement) return; floating.remove(); floating = null; }
  if (!floating && isEditable(el) && el !== cell) { floating = pencil(el); floating.tabIndex = -1; el.append(floating); }
}
document.addEventListener("pointerover", float);
document.addEventListener("focusin", float);              // who comes by the keyboard sees it too; F2 presses it

/* ---------- Keys and clicks ---------- */
document.addEventListener("click", (e) => {
  const button = e.target.closest("button");
  if (!button) return;
  if (button.matches(".edit-pencil")) open(cellOf(button));
  if (button.matches("[data-inline-cancel]")) cancel();
  if (button.matches("[data-inline-theirs]")) keepTheirs();
});
async function keepTheirs() {
  const answer = await ask(address(cell, "&drawn=1"));
  if (answer) { const el = close(); await show(el, await answer.text()); }
}
document.addEventListener("dblclick", (e) => {
  const el = cellOf(e.target);
  if (el && !e.target.closest(".inline-box, a, button")) { getSelection()?.removeAllRanges(); open(el); }
});
document.addEventListener("submit", (e) => { if (box?.contains(e.target)) { e.preventDefault(); goal = null; save(); } });
document.addEventListener("keydown", (e) => {
  if (box?.contains(e.target)) return inForm(e);
  if (e.ctrlKey || e.altKey || e.metaKey) return;
  const row = e.target.closest?.("tr[data-row]");
  const here = cellOf(e.target);
  if (e.key === "F2" && document.documentElement.dataset.shortcuts !== "off") {
    const el = here ?? (row && home(row) ? row.querySelector("[data-edit]") : null);
    if (isEditable(el)) { e.preventDefault(); open(el); }
  } else if (e.key === "Enter" && here && e.target === here) { e.preventDefault(); open(here); }
  else if (row && home(row) && ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"].includes(e.key) && (e.target === here || e.target.matches("th a"))) walk(e, row, here);
});
// Arrow keys walk from a row's link over the cells that can be edited.
function walk(e, row, here) {
  const all = [...row.querySelectorAll("[data-edit]")], at = e.target === here ? all.indexOf(here) : -1;
  let to = null;
  if (e.key === "ArrowRight") to = all[at + 1];
  else if (e.key === "ArrowLeft") to = all[at - 1] ?? row.querySelector("th a");
  else {
    const rows = [...home(row).querySelectorAll("tr[data-row]")], other = rows[rows.indexOf(row) + (e.key === "ArrowDown" ? 1 : -1)];
    to = other && (at < 0 ? other.querySelector("th a") : other.querySelectorAll("[data-edit]")[at]);
  }
  if (!to) return;
  e.preventDefault();
  if (to.matches("[data-edit]")) to.tabIndex = -1;
  to.focus();
}
function inForm(e) {
  if (e.key === "Escape") { e.preventDefault(); e.stopPropagation(); cancel(); }
  else if (e.key === "Tab" && isLast(e)) {
    const all = cellsOf(cell), to = all[all.indexOf(cell) + (e.shiftKey ? -1 : 1)];
    e.preventDefault();
    goal = to ?? null;
    save();
  } else if (e.key === "Enter" && e.target.matches("select, [type=checkbox]")) { e.preventDefault(); goal = null; save(); }
}
// Among several boxes Tab moves as ever; from the last of them, and from any other control, it saves and goes on.
function isLast(e) {
  if (e.target.matches("button") || box.querySelector(".notice") || typed() === refused || looseWords()) return false;   // never a trap
  const all = [...box.querySelectorAll("input:not([type=hidden]), select, textarea")].filter((one) => !one.hidden);
  return e.target === (e.shiftKey ? all[0] : all.at(-1));
}
