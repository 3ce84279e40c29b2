// Asks the browser's passkey and posts its answer with the form. Without script or passkeys nothing of this is shown.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0))
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")
const withBytes = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }))

async function question(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" })
  if (!answer.ok) throw new Error(answer.statusText)
  return (await answer.json()).publicKey
}

async function create(address) {
  const asked = await question(address)
  const publicKey = {
    ...asked,
    challenge: bytes(asked.challenge),
    user: { ...asked.user, id: bytes(asked.user.id) },
    excludeCredentials: withBytes(asked.excludeCredentials),
  }
  const made = await navigator.credentials.create({ publicKey })
  return {
    type: made.type,
    id: made.id,
    rawId: text(made.rawId),
    authenticatorAttachment: made.authenticatorAttachment,
    clientExtensionResults: made.getClientExtensionResults(),
    response: {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
      transports: made.response.getTransports?.() || [],
    },
  }
}

async function get(address) {
  const asked = await question(address)
  const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials: withBytes(asked.allowCredentials) }
  const given = await navigator.credentials.get({ publicKey })
  const user = given.response.userHandle
  return {
    type: given.type,
    id: given.id,
    rawId: text(given.rawId),
    authenticatorAttachment: given.authenticatorAttachment,
    clientExtensionResults: given.getClientExtensionResults(),
    response: {
      clientDataJSON: text(given.response.clientDataJSON),
      authenticatorData: text(given.response.authenticatorData),
      signature: text(given.response.signature),
      userHandle: user ? text(user) : null,
    },
  }
}

// A button called "submit" hides the form's own method of that name.
const send = (form) => HTMLFormElement.prototype.submit.call(form)
const offered = Boolean(window.PublicKeyCredential && navigator.credentials)

// Which way this form uses a passkey: "get" signs in, "create" adds one; undefined: it has nothing to do with passkeys.
function wayOf(form) {
  if (form.dataset.passkey) return form.dataset
  return form.closest("#command")?.querySelector("[data-passkey-create]")?.dataset
}

async function answer(form, way) {
  try {
    const made = await (way.passkey === "get" ? get(way.question) : create(way.question))
    form.elements.credential.value = JSON.stringify(made)
    send(form)
  } catch {
    const place = (way.passkey === "get" ? form : form.closest("#command")).querySelector("[data-passkey-said]")
    if (place) place.textContent = way.failed
  }
}

// Captured before htmx sees it: the passkey comes first, then the form goes its way.
document.addEventListener(
  "submit",
  (event) => {
    const way = wayOf(event.target)
    if (!way || event.target.elements.credential.value) return
    event.preventDefault()
    event.stopImmediatePropagation()
    answer(event.target, way)
  },
  true,
)

function show() {
  for (const form of document.querySelectorAll('form[data-passkey="get"]')) form.hidden = !offered
  for (const note of document.querySelectorAll("[data-no-passkeys]")) note.hidden = offered
}

show()
new MutationObserver(show).observe(document.getElementById("main"), { childList: true })
