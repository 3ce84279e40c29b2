// What somebody types is kept on the server: two seconds after the last key, five at the most. A form says where by data-drafts. Until the
// server has it, it is kept in the browser, under the person and the form's own id. One save is on its way at a time; the newest wins.
const PAUSE = 2000, LONGEST = 5000, AGAIN = [2, 4, 8, 15, 30], SPEAK_AGAIN = 300_000, OLDEST = 30 * 86_400_000;
const UNKEPT = ["csrfmiddlewaretoken", "draft", "began", "keep", "is_another"], CARRIED = ["version", "seen"];
const sequences = new Map();                               // by draft: forms that come back with errors go on counting
let at = null, spoken = 0;                                 // the form at hand, and when a save was last spoken

// app.js speaks: a second module must not load it again under its plain name.
function say(text, urgent = false) { document.dispatchEvent(new CustomEvent("say", { detail: { text, urgent } })); }
function stored(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } }
function store(key, value) { try { value ? localStorage.setItem(key, JSON.stringify(value)) : localStorage.removeItem(key); } catch { /* full, or forbidden */ } }

class Draft {
  constructor(form, isBack) {                               // `isBack`: the server sent it back, with what was typed
    this.form = form;
    const d = form.dataset;
    this.id = d.draft; this.url = d.drafts; this.key = `draft:${d.user}:${d.draft}`;
    this.held = Math.max(Number(d.sequence) || 0, sequences.get(this.id) ?? 0);   // what the server has
    this.sequence = this.held;
    this.opened = Date.now();
    this.tries = 0; this.busy = this.dirty = this.sending = this.over = this.lost = false;
    this.saved = JSON.stringify(this.values());
    form.querySelectorAll("[data-take]").forEach((b) => (b.hidden = false));
    form.addEventListener("input", () => this.typed());
    form.addEventListener("change", (e) => { if (e.target.type === "file") askAgain(e.target); this.typed(); });
    form.addEventListener("submit", () => this.pause());
    if (isBack) { store(this.key); this.saved = ""; this.typed(); } else this.restore();
  }

  /* ---------- what is typed ---------- */
  controls() { return [...this.form.elements].filter((c) => c.name && !UNKEPT.includes(c.name) && !["file", "submit", "button", "hidden"].includes(c.type)); }
  values() {
    const found = {};
    for (const c of this.controls()) {
      if (c.type === "radio") { if (c.checked) found[c.name] = c.value; }
      else if (c.type === "checkbox" && c.closest("fieldset")) { found[c.name] ??= []; if (c.checked) found[c.name].push(c.value); }
      else if (c.type === "checkbox") found[c.name] = c.checked ? "on" : "";
      else if (c.type === "select-multiple") found[c.name] = [...c.selectedOptions].map((o) => o.value);
      else found[c.name] = c.value;
    }
    for (const c of this.files()) { const name = c.files[0]?.name ?? again(c)?.dataset.name; if (name) found[`file:${c.name}`] = name; }
    return found;
  }
  files() { return [...this.form.elements].filter((c) => c.type === "file" && c.name); }
  whole() {
    const found = this.values(), fields = this.form.elements;
    for (const name of CARRIED) if (fields[name]) found[name] = fields[name].value;
    found.spent = String((Number(fields.spent?.value) || 0) + Math.round((Date.now() - this.opened) / 1000));
    return found;
  }
  labels() { return Object.fromEntries([...this.form.querySelectorAll("x-lookup")].map((l) => [l.querySelector("select").name, l.querySelector("input").value])); }
  put(values, labels = {}) {
    for (const c of this.controls()) {
      if (!(c.name in values)) continue;
      const value = values[c.name];
      if (c.type === "radio") c.checked = c.value === value;
      else if (c.type === "checkbox") c.checked = Array.isArray(value) ? value.includes(c.value) : value === "on";
      else if (c.type === "select-multiple") [...c.options].forEach((o) => (o.selected = value.includes(o.value)));
      else set(c, value, labels[c.name]);
    }
    for (const c of this.files()) if (!c.files.length) askAgain(c, values[`file:${c.name}`] ?? "");
  }
  get isEmpty() { return Object.values(this.values()).every((v) => v.length === 0); }

  /* ---------- when it is kept ---------- */
  typed() {
    if (this.over) return;
    this.dirty = true;
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.save(), PAUSE);
    this.latest ??= setTimeout(() => this.save(), LONGEST);
    clearTimeout(this.copying);
    this.copying = setTimeout(() => this.copy(), 300);
  }
  copy() {                                                  // in the browser, until the server has it
    if (this.dirty && !this.over) store(this.key, { sequence: this.sequence + 1, url: this.url, entry: this.form.dataset.entry, values: this.whole(), labels: this.labels(), at: Date.now() });
  }
  calm() { clearTimeout(this.soon); clearTimeout(this.latest); this.latest = undefined; }
  async save() {
    this.calm();
    if (this.busy || this.sending || this.over || !this.form.isConnected) return;
    const now = JSON.stringify(this.values());
    if (now === this.saved && !this.lost) { this.dirty = false; store(this.key); return; }
    this.dirty = false; this.busy = true;
    this.count();
    const answer = await this.send(this.whole(), { signal: (this.stop = new AbortController()).signal });
    this.busy = false;
    if (!answer || this.over) return;
    if (answer.ok) { this.kept(now, await answer.json().catch(() => ({}))); return; }
    this.dirty = true;
    if (answer.type === "opaqueredirect") this.out();
    else if (answer.status === 403) await this.renew() ? this.save() : this.away();
    else if (answer.status >= 500 || answer.status === 0 || answer.status === 429) this.away();
    else { this.over = true; this.show(this.form.dataset.msgRefused); say(this.form.dataset.msgRefused); }
  }
  count() { this.sequence += 1; sequences.set(this.id, this.sequence); }
  token() { return this.form.elements.csrfmiddlewaretoken?.value ?? ""; }
  async send(values, more = {}) {
    const body = JSON.stringify({ values, sequence: this.sequence, entry: this.form.dataset.entry || null });
    const headers = { "Content-Type": "application/json", "X-CSRFToken": this.token(), Accept: "application/json" };
    try { return await fetch(this.url, { method: "POST", body, headers, redirect: "manual", ...more }); }
    catch (fault) { return fault.name === "AbortError" ? null : { status: 0, type: "error" }; }
  }
  // Whoever signed in again in another tab has a new token; the form is to be sent with it as well.
  async renew() {
    const answer = await fetch(this.url, { redirect: "manual", headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.type === "opaqueredirect") { this.out(); return false; }
    const { token } = (answer?.ok && await answer.json().catch(() => ({}))) || {};
    if (!token || token === this.renewed) return false;
    this.renewed = token;
    document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((one) => (one.value = token));
    return true;
  }

  /* ---------- what is told ---------- */
  notice(name, shown) { const el = document.querySelector(`[data-draft-${name}]`); if (el) el.hidden = !shown; return el; }
  show(text) { const el = this.form.querySelector("[data-draft-state]"); if (el) el.textContent = text; }
  kept(now, told) {
    if (told.over) { this.taken(); return; }
    this.held = this.sequence; this.saved = now; this.tries = 0;
    if (this.dirty) { this.soon = setTimeout(() => this.save(), PAUSE); this.copy(); } else store(this.key);
    const text = this.form.dataset.msgSaved.replace("%time", told.saved ?? "");
    this.show(text);
    history.replaceState(history.state, "", this.form.getAttribute("action"));       // loading the page again brings it back
    if (this.lost) { this.lost = false; this.notice("lost", false); this.notice("signed-out", false); say(this.form.dataset.msgBack); spoken = Date.now(); }
    if (told.closed && !this.closed) { this.closed = true; this.notice("closed", true); say(this.form.dataset.msgClosed, true); }
    else if (Date.now() - spoken > SPEAK_AGAIN) { spoken = Date.now(); say(text); }
  }
  // It was sent from another tab, or the answer was lost. A correction goes on under a new id, for its version tells what changed; a new
  // record does not, or it would be entered twice.
  taken() {
    if (!this.form.dataset.entry) { this.over = true; this.show(this.form.dataset.msgOver); say(this.form.dataset.msgOver); return; }
    store(this.key);
    const d = this.form.dataset, before = this.id, now = fresh();
    this.id = d.draft = now;
    this.key = `draft:${d.user}:${now}`;
    this.url = d.drafts = d.drafts.replace(before, now);
    this.form.action = this.form.getAttribute("action").replace(before, now);
    this.form.elements.draft.value = now;
    this.sequence = this.held = 0;
    this.typed();
  }
  away() {                                                  // said once; then it is tried again, ever more seldom
    this.copy();
    if (!this.lost) { this.lost = true; this.notice("lost", true); say(this.form.dataset.msgLost); }
    this.later();
  }
  out() {
    this.copy();
    const el = this.notice("signed-out", true);
    if (!this.lost || !this.signedOut) say(el?.textContent.trim().replace(/\s+/g, " ") ?? "");
    this.lost = this.signedOut = true;
    this.later();
  }
  later() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.save(), 1000 * AGAIN[Math.min(this.tries++, AGAIN.length - 1)]);
  }

  /* ---------- the end of a form ---------- */
  pause() { this.copy(); this.sending = true; this.calm(); clearTimeout(this.copying); this.stop?.abort(); this.busy = false; }
  resume() { this.sending = false; if (this.dirty) this.soon = setTimeout(() => this.save(), PAUSE); }
  end() { this.over = true; this.calm(); clearTimeout(this.copying); this.stop?.abort(); store(this.key); }
  leave() {                                                 // the page goes: what is not there yet is sent on its way out
    if (this.over || this.sending || !this.form.isConnected || JSON.stringify(this.values()) === this.saved) return;
    this.dirty = true;
    this.stop?.abort(); this.busy = false;
    this.count();
    this.copy();
    this.send(this.whole(), { keepalive: true });
  }
  restore() {
    const copy = stored(this.key);
    if (!copy) return;
    if (copy.sequence <= this.held) { store(this.key); return; }
    this.put(copy.values, copy.labels);
    if (JSON.stringify(this.values()) === this.saved) { store(this.key); return; }
    for (const name of [...CARRIED, "spent"]) if (name in copy.values && this.form.elements[name]) this.form.elements[name].value = copy.values[name];
    this.sequence = copy.sequence;
    const missing = this.files().map((c) => again(c)?.textContent.trim()).filter(Boolean);
    setTimeout(() => say([this.form.dataset.msgRestored, ...missing].join(" ")), 600);
    this.show(this.form.dataset.msgRestored);
    this.typed();
  }
}

// Files are no part of a draft: beside the field stands which one was chosen.
function again(control) { return document.querySelector(`[data-again="${CSS.escape(control.name)}"]`); }
function askAgain(control, name = "") {
  const note = again(control);
  if (!note) return;
  note.dataset.name = name; note.hidden = !name;
  note.querySelector("p").textContent = name && note.dataset.text.replace("%name", name);
}
function fresh() {                                          // crypto.randomUUID is there on secure pages only
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40; b[8] = (b[8] & 0x3f) | 0x80;
  return [...b].map((n) => n.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
function set(control, value, label) {
  const combo = control.closest("x-lookup")?.querySelector("input");
  if (combo) {
    if (value && ![...control.options].some((o) => o.value === value)) control.add(new Option(label ?? value, value));
    combo.value = label ?? value;
  }
  control.value = value;
}

/* ---------- What other forms of this person left in the browser goes to the server as well ---------- */
async function sweep(draft) {
  const mine = `draft:${draft.form.dataset.user}:`;
  for (const key of Object.keys(localStorage).filter((k) => k.startsWith(mine) && k !== draft.key)) {
    const copy = stored(key);
    if (!copy || Date.now() - copy.at > OLDEST) { store(key); continue; }
    if (Date.now() - copy.at < 60_000) continue;            // its own tab is still at it
    const body = JSON.stringify({ values: copy.values, sequence: copy.sequence, entry: copy.entry || null });
    const headers = { "Content-Type": "application/json", "X-CSRFToken": draft.token(), Accept: "application/json" };
    const answer = await fetch(copy.url, { method: "POST", body, headers, redirect: "manual" }).catch(() => null);
    if (answer?.ok || answer?.status === 404) store(key);
  }
}

/* ---------- Forms come with the page, and by htmx after each record ---------- */
function ready() {
  const form = document.querySelector("form[data-drafts]");
  let isBack = false;
  if (at && form !== at.form) {
    isBack = form?.dataset.draft === at.id;
    if (!isBack) at.end();                                  // it was taken: no late save brings it back
    at.calm();
    at = null;
  }
  if (!form || at) { at?.resume(); return; }
  at = new Draft(form, isBack);
  const goal = document.activeElement === document.body && form.querySelector("[data-begin]")?.closest("x-lookup")?.querySelector("input");
  if (goal) goal.focus();                                   // a lookup's own control is hidden, its text field does the work
  setTimeout(() => at && sweep(at), 3000);
}
document.addEventListener("htmx:after:swap", () => setTimeout(ready));
document.addEventListener("htmx:finally:request", (e) => {
  if (!at || !at.sending) return;
  const response = e.detail.ctx?.response, elsewhere = response?.headers?.get("HX-Redirect");
  if (elsewhere?.startsWith("/login/")) { at.resume(); at.copy(); } else if (elsewhere) at.end(); else setTimeout(() => at?.resume(), 50);
});
addEventListener("pagehide", () => at?.leave());
document.addEventListener("visibilitychange", () => { if (document.hidden) at?.save(); });
addEventListener("online", () => { if (at?.lost) at.save(); });

/* ---------- A value that the verifier suggests, or somebody else wrote, is taken over ---------- */
document.addEventListener("click", (e) => {
  const button = e.target.closest("[data-take]"), control = button?.form?.elements[button.dataset.takeFor];
  if (!control) return;
  if (control.type === "checkbox") control.checked = button.dataset.take === "on";
  else set(control, button.dataset.take, button.dataset.takeWords);
  control.dispatchEvent(new Event("change", { bubbles: true }));
  const seen = control.closest("x-lookup")?.querySelector("input") ?? control;
  seen.focus();
  const name = (seen.labels?.[0]?.firstChild?.textContent ?? "").trim();
  say(button.form.dataset.msgTaken.replace("%name", name));
});

ready();
