// One module, no framework, no inline script, no eval. Everything works by event delegation,
// so content swapped in by htmx needs no re-initialising.
const $ = (s, r = document) => r.querySelector(s);
const $$ = (s, r = document) => [...r.querySelectorAll(s)];

// A counted phrase in the page's language. The server writes data-one, data-few, data-many, data-other as that language needs
// (Polish needs all of them); data-none is optional.
function counted(el, n) {
  const d = el.dataset;
  const form = n === 0 && d.none ? "none" : new Intl.PluralRules(document.documentElement.lang).select(n);
  return (d[form] ?? d.other).replace("%n", n.toLocaleString(document.documentElement.lang));
}

/* ---------- Speech and toasts ---------- */
const polite = $("#live-polite"), assertive = $("#live-assertive"), toasts = $("#toasts");
export function announce(text, urgent = false) {
  const region = urgent ? assertive : polite;
  const line = document.createElement("p");
  line.textContent = text;
  region.append(line);                       // appended, so two messages in a row are both read
  setTimeout(() => line.remove(), 8000);
}
// The live region speaks; the toast is for the eye, and for the one button that takes the act back.
export function toast(text, { undo, again, bad } = {}) {
  const el = document.createElement("div"), words = document.createElement("span");
  el.className = bad ? "toast toast-bad" : "toast";
  words.textContent = text;
  if (!undo && !again) words.setAttribute("aria-hidden", "true");
  el.append(icon(bad ? "circle-alert" : "circle-check"), words);
  if (undo) {
    const form = document.createElement("form"), token = document.createElement("input"), button = document.createElement("button");
    form.method = "post"; form.action = undo; form.className = "push";
    token.type = "hidden"; token.name = "csrfmiddlewaretoken"; token.value = csrf();
    button.className = "btn"; button.textContent = toasts.dataset.undo;
    form.append(token, button); el.append(form);
  }
  if (again) {                                // taken back right here, without loading the page again
    const button = document.createElement("button");
    button.type = "button"; button.className = "btn push"; button.textContent = toasts.dataset.undo;
    button.addEventListener("click", () => { el.remove(); again(); });
    el.append(button);
  }
  toasts.append(el);
  fade(el, undo || again);
}
function fade(el, slow) {                     // never while somebody is on it (WCAG 2.2.1)
  const leave = () => (el.matches(":hover, :focus-within") ? setTimeout(leave, 3000) : el.remove());
  setTimeout(leave, slow ? 20000 : 6000);
}
function csrf() { return $("[name=csrfmiddlewaretoken]")?.value ?? ""; }
function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon"); svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", document.documentElement.dataset.sprite + "#" + name);
  svg.append(use);
  return svg;
}
// Server: HX-Trigger: {"say": {"text": "...", "urgent": false, "toast": true}}
document.addEventListener("say", (e) => {
  announce(e.detail.text, e.detail.urgent);
  if (e.detail.toast) toast(e.detail.text, e.detail);
});
// Messages that came with a full page load are spoken once the page has settled.
addEventListener("load", () => setTimeout(() => $$("[data-say-on-load]").forEach((el) => {
  announce(($("[data-text]", el) ?? el).textContent.trim(), el.dataset.sayOnLoad === "urgent");
  fade(el, $("form", el));
}), 400));
const begin = $("[data-focus-now]");          // a full page that came back with errors; once, or each swap would take the focus again
begin?.removeAttribute("data-focus-now");
begin?.focus();

/* ---------- htmx: busy, focus and speech after a swap ---------- */
document.addEventListener("htmx:before:request", (e) => e.detail.ctx?.target?.setAttribute?.("aria-busy", "true"));
document.addEventListener("htmx:finally:request", (e) => e.detail.ctx?.target?.removeAttribute?.("aria-busy"));
document.addEventListener("htmx:after:swap", () => {
  openFilledDialog();
  const goal = $("[data-focus-now]");
  if (goal) { goal.removeAttribute("data-focus-now"); goal.focus(); }
  $$("[data-say-now]").forEach((el) => { announce(el.dataset.sayNow); el.removeAttribute("data-say-now"); });
});
document.addEventListener("htmx:error", (e) => { if (e.detail.ctx) announce(document.body.dataset.msgOffline, true); });
document.addEventListener("htmx:response:error", (e) => {
  if (e.detail.ctx.response.status >= 500) { announce(document.body.dataset.msgBroken, true); toast(document.body.dataset.msgBroken, { bad: true }); }
});

/* ---------- Dialogs: any link with data-dialog opens its page in one; without script it is a page ---------- */
const dialog = $("#dialog"), inside = $("#dialog-body");
let opener = null;
function openDialog(link) {
  opener = link;
  htmx.ajax("GET", link.dataset.href ?? link.href, { target: "#dialog-body", swap: "innerHTML", headers: { "HX-Target": "div#dialog-body" } });
}
function openFilledDialog() {
  if (!dialog || dialog.open || !inside.childElementCount) return;
  dialog.showModal();
  ($("[data-focus-now], [autofocus]", inside) ?? $(".field :is(input:not([type=hidden]), select, textarea)", inside) ?? $("[data-default]", inside))?.focus();
}
dialog?.addEventListener("close", () => {
  inside.replaceChildren();
  dispatchEvent(new CustomEvent("dialog:closed"));
  if (opener?.isConnected) opener.focus();
});
// A command that stays: close, and load again what the page shows.
document.addEventListener("done", () => {
  if (dialog?.open) { inside.replaceChildren(); dialog.close(); }   // emptied at once: "close" comes after this answer's swap
  const parts = $$("[data-panel], [data-refresh]");
  parts.length ? parts.forEach((el) => htmx.trigger(el, "refresh")) : location.reload();
});

/* ---------- Menus: many buttons may open one, so the last one pressed is kept ---------- */
const openers = new Map();
const openerOf = (menu) => openers.get(menu.id) ?? $(`[popovertarget="${menu.id}"]`);
document.addEventListener("click", (e) => {
  const by = e.target.closest("[popovertarget]");
  if (by) openers.set(by.getAttribute("popovertarget"), by);
}, true);

/* ---------- The title says what is open: tabs, history and screen readers name the window by it ---------- */
let pageTitle = document.title;
function retitle() {
  const layer = $$("dialog[open], [popover]:popover-open").at(-1);
  if (!layer) { document.title = pageTitle; return; }
  const named = document.getElementById(layer.getAttribute("aria-labelledby")) ?? openerOf(layer);
  const name = (layer.getAttribute("aria-label") ?? named?.textContent ?? "").trim().replace(/\s+/g, " ");
  document.title = [$("#errors", layer) && document.body.dataset.msgError, name && `${name} ·`, pageTitle].filter(Boolean).join(" ");
}
for (const happened of ["toggle", "close"]) document.addEventListener(happened, retitle, true);
document.addEventListener("htmx:finally:swap", () => {     // htmx has set the title of the page, or of a dialog's content
  if (!$("dialog[open]")) pageTitle = document.title;
  retitle();
});

document.addEventListener("retitle", (e) => { pageTitle = e.detail; retitle(); });   // a value that the title says was edited

/* ---------- Theme ---------- */
function setTheme(v) {
  if (v === "system") { delete document.documentElement.dataset.theme; localStorage.removeItem("theme"); }
  else { document.documentElement.dataset.theme = v; localStorage.setItem("theme", v); }
  showTheme(v);
}
function showTheme(v) { $$("[data-theme-set]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.themeSet === v))); }
showTheme(document.documentElement.dataset.theme ?? "system");

/* ---------- Listbox driving: shared by command palette and lookup fields (APG combobox) ---------- */
class Combo {
  constructor(input, list, { onPick, load }) {
    Object.assign(this, { input, list, onPick, load, index: -1 });
    input.addEventListener("input", () => { clearTimeout(this.w); this.w = setTimeout(() => this.refresh(), this.wait ?? 0); });
    input.addEventListener("keydown", (e) => this.key(e));
    list.addEventListener("pointerdown", (e) => e.preventDefault());
    list.addEventListener("click", (e) => { const o = e.target.closest("[role=option]"); if (o) this.pick(o); });
  }
  get options() { return $$("[role=option]:not([hidden])", this.list); }
  open(yes) { this.list.hidden = !yes; this.input.setAttribute("aria-expanded", String(yes)); if (!yes) this.mark(-1); }
  mark(i) {
    const o = this.options;
    this.index = o.length ? (i + o.length) % o.length : -1;
    if (i < 0 && i !== -1) this.index = o.length - 1;
    if (i === -1) this.index = -1;
    $$("[aria-selected=true]", this.list).forEach((x) => x.setAttribute("aria-selected", "false"));
    const on = o[this.index];
    if (on) { on.setAttribute("aria-selected", "true"); on.scrollIntoView({ block: "nearest" }); this.input.setAttribute("aria-activedescendant", on.id); }
    else this.input.removeAttribute("aria-activedescendant");
  }
  async refresh(auto = false) {
    await this.load(this.input.value.trim());
    this.open(true);
    if (auto || this.autoFirst) this.mark(0);
    const n = this.options.length;
    clearTimeout(this.t);
    this.t = setTimeout(() => announce(counted(this.list, n)), 500);
  }
  key(e) {
    const isOpen = !this.list.hidden, last = this.options.length - 1;
    if (e.key === "ArrowDown") { e.preventDefault(); isOpen ? this.mark(this.index >= last ? 0 : this.index + 1) : this.refresh(true); }
    else if (e.key === "ArrowUp" && isOpen) { e.preventDefault(); this.mark(this.index <= 0 ? last : this.index - 1); }
    else if (e.key === "Enter" && isOpen && this.index >= 0) { e.preventDefault(); this.pick(this.options[this.index]); }
    else if (e.key === "Escape" && isOpen && !this.input.closest("dialog")) { e.preventDefault(); e.stopPropagation(); this.open(false); }
    else if (e.key === "Tab" && isOpen) this.open(false);
  }
  pick(o) { this.open(false); this.onPick(o); }
}

// Without script the field is its <select>; with it, the select keeps the value and the text field does the work.
customElements.define("x-lookup", class extends HTMLElement {
  connectedCallback() {
    const input = $("input[role=combobox]", this), kept = $("select", this), list = $("[role=listbox]", this);
    if (!input?.hidden) return;
    input.id = kept.id; kept.id += "-value"; kept.hidden = true; input.hidden = input.disabled = false;
    for (const name of ["aria-describedby", "aria-invalid", "aria-required"]) if (kept.hasAttribute(name)) input.setAttribute(name, kept.getAttribute(name));
    const choose = (value, label) => { if (value && ![...kept.options].some((o) => o.value === value)) kept.add(new Option(label, value)); kept.value = value; kept.dispatchEvent(new Event("change", { bubbles: true })); };
    const combo = new Combo(input, list, {
      load: async (q) => {
        const at = this.getAttribute("src"), r = await fetch(`${at}${at.includes("?") ? "&" : "?"}q=${encodeURIComponent(q)}`, { headers: { "HX-Request": "true" } });
        if (!r.ok) return announce(document.body.dataset.msgOffline, true);
        if (q === input.value.trim()) list.innerHTML = await r.text();
        $$("[role=option]", list).forEach((o) => (o.id = `${list.id}-${o.id}`));
      },
      onPick: (o) => { choose(o.dataset.value, o.dataset.label); input.value = o.dataset.label; announce(`${o.dataset.label}. ${list.dataset.chosen}`); },
    });
    combo.wait = 150;
    input.addEventListener("input", () => choose("", ""));
    input.addEventListener("blur", () => combo.open(false));
  }
});

/* ---------- Command palette: commands of the page at once, records as the server finds them ---------- */
const palette = $("#palette");
if (palette) {
  const input = $("input", palette), list = $("[role=listbox]", palette), all = $$("[role=option]", list), from = palette.dataset.suggest;
  const combo = new Combo(input, list, {
    load: async (q) => {
      const t = q.toLowerCase();
      all.forEach((o) => (o.hidden = !o.textContent.toLowerCase().includes(t)));
      let found = "";
      if (from && q.length > 1) found = await fetch(`${from}?q=${encodeURIComponent(q)}`, { headers: { "HX-Request": "true" } }).then((r) => (r.ok ? r.text() : ""), () => "");
      if (q !== input.value.trim()) return;
      $$("[id^=hit-]", list).forEach((o) => o.remove());
      list.insertAdjacentHTML("afterbegin", found);
    },
    onPick: (o) => { palette.close(); o.dataset.href ? (location.href = o.dataset.href) : $(o.dataset.click)?.click(); },
  });
  combo.autoFirst = true; combo.wait = 120;
  const show = () => { input.value = ""; $$("[id^=hit-]", list).forEach((o) => o.remove()); all.forEach((o) => (o.hidden = false)); palette.showModal(); combo.open(true); combo.mark(0); };
  $$("[data-open-palette]").forEach((b) => b.addEventListener("click", show));
  document.addEventListener("keydown", (e) => { if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") { e.preventDefault(); palette.open ? palette.close() : show(); } });
}

/* ---------- Clicks ---------- */
const side = $("#sidebar");
function drawer(open) {
  const btn = $("[data-drawer]");
  side.toggleAttribute("data-open", open);
  btn.setAttribute("aria-expanded", String(open));
  $(".content").inert = open;
  open ? $("a", side).focus() : btn.focus();
}
document.addEventListener("click", (e) => {
  const t = e.target.closest("button, a, [data-drawer-close]");
  if (!t) return;
  if (t.matches("[data-drawer]")) drawer(true);
  if (t.matches("[data-drawer-close]")) drawer(false);
  if (t.matches("[data-theme-set]")) setTheme(t.dataset.themeSet);
  if (t.matches("[data-close-dialog]")) t.closest("dialog").close();
  if (t.dataset.openDialog === "#keys") nameKeys();
  if (t.matches("[data-open-dialog]")) $(t.dataset.openDialog).showModal();
  if (t.matches("button[data-dialog]") && t.form && dialog) { e.preventDefault(); t.dataset.href = `${t.formAction}?${new URLSearchParams(new FormData(t.form))}`; openDialog(t); }
  if (t.matches("a[data-dialog]") && dialog && !e.ctrlKey && !e.metaKey && !e.shiftKey && e.button === 0) { e.preventDefault(); t.closest("[popover]")?.hidePopover(); openDialog(t); }
  if (t.matches("[data-pause]")) t.setAttribute("aria-pressed", String(t.getAttribute("aria-pressed") !== "true"));
  if (t.matches("[data-move-to]")) moveCard(openers.get("board-menu").closest(".deal"), document.getElementById(t.dataset.moveTo), true);
  if (t.matches(".error-links a")) { e.preventDefault(); const f = document.getElementById(t.hash.slice(1)); if (!f) return; f.focus(); f.scrollIntoView({ block: "center" }); }
});
document.addEventListener("keydown", (e) => {
  if (e.key === "Escape" && side?.hasAttribute("data-open")) drawer(false);
  if ((e.ctrlKey || e.metaKey) && e.key === "Enter") e.target.form?.requestSubmit?.($("[data-default]", e.target.form) ?? undefined);
  const menu = e.target.closest?.(".menu");
  if (menu && ["ArrowDown", "ArrowUp", "Home", "End"].includes(e.key)) {
    e.preventDefault();
    const items = $$("a, button:not([hidden])", menu), i = items.indexOf(document.activeElement);
    items[e.key === "Home" ? 0 : e.key === "End" ? items.length - 1 : (i + (e.key === "ArrowDown" ? 1 : -1) + items.length) % items.length].focus();
  }
});
// One place for shortcuts: whatever declares aria-keyshortcuts is pressed by that key. Function keys only:
// letters clash with screen readers, Alt with browser menus, Ctrl+Alt with Polish letters (AltGr).
document.addEventListener("keydown", (e) => {
  if (!/^F\d+$/.test(e.key) || e.ctrlKey || e.altKey || e.metaKey || e.shiftKey || document.documentElement.dataset.shortcuts === "off") return;
  const b = $(`[aria-keyshortcuts="${e.key}"]`);
  if (b) { e.preventDefault(); b.click(); }
});
// The list of shortcuts says what a key does on this page: the verifier's F8 leads to no record before.
function nameKeys() {
  const list = $("#keys .keys");
  $$("[data-own]", list).forEach((one) => one.remove());
  $$("[hidden]", list).forEach((one) => (one.hidden = false));
  for (const b of $$("[aria-keyshortcuts]:not([rel])")) {
    const key = b.getAttribute("aria-keyshortcuts"), known = $$("dt", list).find((dt) => dt.textContent === key), own = [make("dt"), make("dd")];
    if (!/^F\d+$/.test(key) || known?.hasAttribute("data-own")) continue;
    const said = b.cloneNode(true);
    $$("kbd", said).forEach((one) => one.remove());
    own[0].append(make("kbd", key)); own[1].textContent = said.textContent.trim();
    own.forEach((one) => (one.dataset.own = ""));
    if (known) known.hidden = known.nextElementSibling.hidden = true;
    (known ?? list.lastElementChild.previousElementSibling).before(...own);
  }
}
function make(tag, text = "") { const el = document.createElement(tag); el.textContent = text; return el; }
document.addEventListener("toggle", (e) => {
  if (!e.target.matches?.(".menu") || e.newState !== "open") return;
  const menu = e.target, by = openerOf(menu);
  if (by && !CSS.supports("position-area", "block-end")) {          // browsers without CSS anchors
    const r = by.getBoundingClientRect(), w = menu.offsetWidth, h = menu.offsetHeight;
    menu.style.position = "fixed";
    menu.style.left = Math.max(8, Math.min(r.right - w, innerWidth - w - 8)) + "px";
    menu.style.top = (r.bottom + h + 8 > innerHeight ? Math.max(8, r.top - h - 4) : r.bottom) + "px";
  }
}, true);
// Opening a menu moves the focus into it in the same step, before the next key can come: "toggle" would be too late.
document.addEventListener("beforetoggle", (e) => {
  const menu = e.target;
  if (!menu.matches?.(".menu") || e.newState !== "open") return;
  if (menu.id === "board-menu") {             // the lane where the card is now is no goal
    const here = openerOf(menu)?.closest(".lane");
    $$("[data-move-to]", menu).forEach((b) => (b.hidden = b.dataset.moveTo === here?.id));
  }
  $$("[autofocus]", menu).forEach((one) => one.removeAttribute("autofocus"));
  $("a, button:not([hidden])", menu)?.setAttribute("autofocus", "");
}, true);

/* ---------- Picking rows: boxes before them, Shift takes all in between; the bar with the acts comes with the first ---------- */
const bulk = () => $("form.bulk");
const boxes = () => $$("tbody .col-check .check");
let lastBox = null;
function countPicked() {
  const bar = bulk(), all = boxes(), n = all.filter((c) => c.checked).length, whole = $("[data-pick-whole]", bar);
  if (n === 0 && whole) whole.checked = false;
  $$("[data-pick-all]").forEach((head) => { head.checked = n > 0 && n === all.length; head.indeterminate = n > 0 && n < all.length; });
  bar.toggleAttribute("data-any", n > 0);
  const words = whole?.checked ? bar.dataset.all : counted(bar, n);
  $("[data-n]", bar).textContent = words;
  announce(words);
}
document.addEventListener("click", (e) => {
  const box = e.target;
  if (!box.matches?.(".col-check .check, [data-pick-all]") || !bulk()) return;
  const all = boxes();
  if (box.matches("[data-pick-all]")) all.forEach((c) => (c.checked = box.checked));
  else if (e.shiftKey && lastBox?.isConnected) {
    const [from, to] = [all.indexOf(lastBox), all.indexOf(box)].sort((a, b) => a - b);
    all.slice(from, to + 1).forEach((c) => (c.checked = box.checked));
  }
  if (!box.matches("[data-pick-all]")) lastBox = box;
  countPicked();
});
document.addEventListener("change", (e) => { if (e.target.matches("[data-pick-whole]")) { if (e.target.checked) boxes().forEach((c) => (c.checked = true)); countPicked(); } });
function clearPicked() { if (bulk()) { $$(".col-check .check, .bulk .check").forEach((c) => (c.checked = c.indeterminate = false)); bulk().removeAttribute("data-any"); } }
addEventListener("pageshow", clearPicked);   // a selection lives no longer than its page

/* ---------- Board: menu first, dragging as an extra. The card moves at once; a refusal puts it back and says why ---------- */
const mover = () => $("#board-menu");
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 160;
function readyBoards() {                      // at the start, and again when htmx brought a board or more cards
  if ($(".board[data-movable]")) $$(".board .deal [name=ask]").forEach((b) => { b.type = "button"; b.setAttribute("popovertarget", "board-menu"); });
  if (!window.Sortable) return;
  const fine = { animation: calm, delay: 180, delayOnTouchOnly: true, filter: "button, .menu", preventOnFilter: false };
  $$(".board[data-movable] .cards:not([data-ready])").forEach((list) => { list.dataset.ready = ""; new Sortable(list, {
    ...fine, group: { name: "cards", put: !list.closest("[data-closed]") }, sort: false, draggable: ".deal:not([data-fixed])",
    onEnd: (e) => {
      const from = e.from.closest(".lane"), lane = e.to.closest(".lane"), next = e.from.children[e.oldIndex] ?? null;
      if (lane === from) return;
      (next ? next.before(e.item) : e.from.append(e.item));     // back to where it was: `moveCard` does the move
      moveCard(e.item, lane, false, from, next);
    },
  }); });
  $$(".cal-grid[data-movable] .cal-entries:not([data-ready])").forEach((list) => { list.dataset.ready = ""; new Sortable(list, {
    ...fine, group: "days", sort: false, draggable: ".cal-entry:not([data-fixed])",
    onEnd: (e) => { if (e.to !== e.from) moveEntry(e.item, e.from, e.to, e.from.children[e.oldIndex] ?? null); },
  }); });
}
function place(card, lane, before = null) {
  const from = card.closest(".lane"), name = $("h2", lane).textContent.trim(), stage = $("[data-stage-name]", card);
  before ? before.before(card) : $(".cards", lane).prepend(card);
  if (stage) stage.textContent = name;
  if (from !== lane) [[from, -1], [lane, 1]].forEach(([l, by]) => { const n = $("[data-count]", l); if (/^\d+$/.test(n.textContent)) n.textContent = Number(n.textContent) + by; });
  return name;
}
// Sends a move; what the server says when it refuses, as a sentence.
async function sendMove(url, item, lane) {
  item.setAttribute("aria-busy", "true");
  const body = new URLSearchParams({ card: item.dataset.card, lane, version: item.dataset.version ?? "", csrfmiddlewaretoken: csrf() });
  const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  const told = await answer?.json().catch(() => ({})) ?? {};
  item.removeAttribute("aria-busy");
  if (answer?.ok) { if (told.version) item.dataset.version = told.version; return told; }
  const reason = told.reason ?? document.body.dataset[answer ? "msgBroken" : "msgOffline"];
  announce(reason, true); toast(reason, { bad: true });
  return null;
}
async function moveCard(card, lane, focus, from = card.closest(".lane"), next = card.nextElementSibling) {
  const board = card.closest(".board");
  if (mover()?.matches(":popover-open")) mover().hidePopover();
  const back = () => { place(card, from, next?.isConnected ? next : null); if (focus) $("button[popovertarget]", card).focus(); };
  if (lane === from) return;
  if (lane.dataset.form) {                    // this lane asks for more: its dialog decides
    if (card.closest(".lane") !== from) back();
    const button = $("button[popovertarget]", card);
    button.dataset.href = decodeURIComponent(lane.dataset.form).replace("{card}", card.dataset.card);
    openDialog(button);
    return;
  }
  const stage = place(card, lane), who = $("h3 a", card).textContent.trim();
  if (focus) $("button[popovertarget]", card).focus();
  const told = await sendMove(board.dataset.url, card, lane.dataset.lane);
  if (!told) { back(); return; }
  const words = board.dataset.moved.replace("%card", who).replace("%stage", stage);
  announce(words);
  if ("undo" in board.dataset) toast(words, { again: () => moveCard(card, from, true) });
  for (const [key, head] of Object.entries(told.lanes ?? {})) {
    const l = document.getElementById(`lane-${key}`);
    if (l) { $("[data-count]", l).textContent = head.count; $("[data-total]", l).textContent = head.total; }
  }
}
async function moveEntry(entry, from, to, next) {
  const grid = entry.closest(".cal-grid"), link = $("a", entry);
  if (!await sendMove(grid.dataset.url, entry, to.dataset.lane)) { next?.isConnected ? next.before(entry) : from.append(entry); return; }
  const words = grid.dataset.moved.replace("%card", $(".cal-name", entry).textContent.trim()).replace("%stage", to.dataset.name);
  announce(words);
  toast(words, { again: () => { from.append(entry); link.focus(); moveEntry(entry, to, from, null); } });
}
readyBoards();
document.addEventListener("htmx:after:swap", readyBoards);

/* ---------- Calendar: arrows go from day to day, Tab leads to what stands on the day (the grid pattern of ARIA) ---------- */
function pickDay(link) {
  const grid = link.closest(".cal-grid");
  $$("td", grid).forEach((cell) => $$("a", cell).forEach((a) => (a.tabIndex = cell === link.closest("td") ? 0 : -1)));
}
function readyCalendar() {
  const grid = $(".cal-grid:not([data-ready])");
  if (!grid) return;
  grid.dataset.ready = "";
  const goal = /^#day-[-\d]+$/.test(location.hash) && $(location.hash, grid);
  pickDay(goal || $(".cal-today .cal-day", grid) || $("td:not(.cal-out) .cal-day", grid));
  if (goal) goal.focus();
}
readyCalendar();
document.addEventListener("htmx:after:swap", readyCalendar);
document.addEventListener("focusin", (e) => { const cell = e.target.closest?.(".cal-grid td"); if (cell) pickDay($(".cal-day", cell)); });
document.addEventListener("keydown", (e) => {
  const here = e.target.closest?.(".cal-day"), grid = here?.closest(".cal-grid");
  if (!grid || e.ctrlKey || e.altKey || e.metaKey) return;
  const days = $$(".cal-day", grid), i = days.indexOf(here), start = i - (i % 7);
  const goals = { ArrowRight: i + 1, ArrowLeft: i - 1, ArrowDown: i + 7, ArrowUp: i - 7, Home: start, End: start + 6 };
  const page = { PageUp: -1, PageDown: 1 }[e.key];
  if (!page && !(e.key in goals)) return;
  e.preventDefault();
  const goal = page ? null : days[goals[e.key]];
  if (goal) { goal.focus(); return; }
  const day = new Date(`${here.id.slice(4)}T12:00:00Z`), step = page ?? Math.sign(goals[e.key] - i);   // beyond the edge: the neighbour page
  if (page && grid.matches(".cal-month")) {
    const date = day.getUTCDate();
    day.setUTCDate(1); day.setUTCMonth(day.getUTCMonth() + page);
    day.setUTCDate(Math.min(date, new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate()));
  } else day.setUTCDate(day.getUTCDate() + (page ? 7 * page : goals[e.key] - i));
  location.href = `${$(step < 0 ? "#cal-previous" : "#cal-next").href}#day-${day.toISOString().slice(0, 10)}`;
});

/* ---------- Live: what others do reaches this page; nothing takes the focus ---------- */
const stream = document.body.dataset.events;
if (stream && window.EventSource) {
  let live = null, asked = "", last = "", unread = null;
  const read = (e) => { last = e.lastEventId || last; try { return JSON.parse(e.data); } catch { return {}; } };
  // What one changes oneself is told as well. Until the answer is there nobody knows whether the page stays: it may be about a record
  // that is no more.
  let acting = 0, leaving = false;
  const held = new Set();
  const now = (selector) => $$(selector).forEach((el) => htmx.trigger(el, "refresh"));
  const refresh = (selector) => { if (!leaving) acting ? held.add(selector) : now(selector); };
  const isAct = (e) => !/^get$/i.test(e.detail.ctx?.request?.method ?? "get");
  document.addEventListener("htmx:before:request", (e) => { if (isAct(e)) acting += 1; });
  document.addEventListener("htmx:finally:request", (e) => {
    if (!isAct(e)) return;
    acting = Math.max(0, acting - 1);
    leaving ||= Boolean(e.detail.ctx.response?.headers?.get("HX-Redirect"));
    if (!leaving && !acting) { [...held].forEach(now); held.clear(); }
  });
  addEventListener("pageshow", () => { leaving = false; });
  // what is on the page now: "sales.lead:<id>", or "sales.lead" for any record of the kind that one may see
  const watched = () => [...new Set($$("[data-refresh-on]").flatMap((el) => el.dataset.refreshOn.split(/\s+/)))].filter(Boolean).sort().join(",");
  const open = () => {
    asked = watched();
    live = new EventSource(`${stream}?${new URLSearchParams({ watch: asked, after: last })}`);
    live.addEventListener("ready", read);
    live.addEventListener("notification", (e) => {
      const { count } = read(e);
      if (unread !== null && count !== unread) refresh("#bell-count");
      if (unread !== null && count > unread) announce(document.body.dataset.msgLive);
      unread = count;
    });
    live.addEventListener("changed", (e) => {
      const { kind, id } = read(e);
      refresh(`[data-refresh-on~="${CSS.escape(kind)}"], [data-refresh-on~="${CSS.escape(kind)}:${CSS.escape(id)}"]`);
    });
  };
  const close = () => { live?.close(); live = null; };
  // a browser has few connections for one server: pages that nobody looks at hold none, and catch up when they are back
  const settle = () => { if (document.hidden) close(); else if (!live) open(); else if (watched() !== asked) { close(); open(); } };
  let waiting = 0;
  const later = () => { clearTimeout(waiting); waiting = setTimeout(settle, 300); };
  document.addEventListener("htmx:after:swap", later);
  document.addEventListener("visibilitychange", later);
  addEventListener("pageshow", later);
  addEventListener("pagehide", close);
}
