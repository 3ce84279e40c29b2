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

function say(root, words) {
  const place = root.querySelector("[data-passkey-said]")
  if (place) place.textContent = words
}

const offered = Boolean(window.PublicKeyCredential && navigator.credentials)

for (const form of document.querySelectorAll('form[data-passkey="get"]')) {
  form.hidden = !offered
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return
    event.preventDefault()
    try {
      form.elements.credential.value = JSON.stringify(await get(form.dataset.question))
      form.submit()
    } catch {
      say(form, form.dataset.failed)
    }
  })
}

const maker = document.querySelector("[data-passkey-create]")
if (maker) {
  const form = document.querySelector("#command form")
  document.querySelector("[data-no-passkeys]").hidden = offered
  // Captured before htmx sees the click: the passkey comes first, then the form goes its usual way.
  form.addEventListener(
    "submit",
    async (event) => {
      if (form.elements.credential.value) return
      event.preventDefault()
      event.stopImmediatePropagation()
      try {
        form.elements.credential.value = JSON.stringify(await create(maker.dataset.question))
        form.submit()
      } catch {
        say(document.querySelector("#command"), maker.dataset.failed)
      }
    },
    true,
  )
}
