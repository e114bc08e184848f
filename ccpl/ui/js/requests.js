// Asking for results. A change asks once the visitor rests; the newest request is the one that counts.
// A request is numbered by the time it was asked for, so what a visitor waited can be told.
ccpl.requests = (() => {
  const SOON = 40 // milliseconds: Surprise me and examples change several controls at once
  const REST = 250 // after a key or a typed digit
  const WORKING = '<p class="notice busy" role="status">Working …</p>'
  const CANCELLED = '<p class="notice warning" role="status">Cancelled.</p>'
  let timer = 0
  let due = null // the button to press and when it was asked for
  let pressed = false
  let newest = 0
  let note = '' // said until the visitor does something
  let complete = false // whether there is all that a result needs
  let shown = Promise.resolve() // kept when what came last is shown
  let awaited = 0 // the request that is on its way, or was last
  let come = 0 // the request that was answered last
  let said = '' // what the page itself put into the status last

  const resting = () => document.activeElement?.matches('input:not([type=radio], [type=checkbox])')
  const schedule = () => {
    clearTimeout(timer)
    if (due && !pressed) timer = setTimeout(send, resting() ? REST : SOON)
  }
  const send = () => {
    const { button, since } = due
    due = null
    press(button, since)
  }
  const press = (button, since = performance.now()) => {
    awaited = newest = Math.max(since, newest + 0.001)
    document.querySelector(button).click()
  }
  for (const act of ['pointerdown', 'keydown']) addEventListener(act, () => { note = '' }, true)
  addEventListener('pointerdown', ({ target }) => { pressed = target.matches?.('input[type=range]') }, true)
  for (const end of ['pointerup', 'pointercancel'])
    addEventListener(end, ({ target }) => {
      pressed = false
      // The editor of the region keeps its first stroke to itself.
      if (complete && target.closest?.('#region-editor canvas')) due = { button: '#image-ask', since: performance.now() }
      schedule()
    }, true)

  // What comes late, after a newer request, has not the last word. If the newer one's result is there
  // already, it is asked for once more, to stand where this one does now.
  const overtaken = (notice) => {
    const now = document.createRange().createContextualFragment(said).firstElementChild
    notice.className = now?.className ?? 'notice'
    notice.textContent = now?.textContent ?? ''
    if (come === awaited && said !== CANCELLED) press('#image-ask')
  }
  const arrive = (notice) => {
    const number = Number(notice.dataset.request)
    notice.removeAttribute('data-request')
    if (number < awaited) overtaken(notice)
    else if (!notice.matches('.busy')) come = number
  }
  // Fill in how long the visitor waited for what is shown now.
  const tellWaited = async () => {
    if (!document.querySelector('[data-asked]')) return
    await new Promise(requestAnimationFrame)
    await shown
    await new Promise(requestAnimationFrame)
    for (const place of document.querySelectorAll('[data-asked]')) {
      const seconds = (performance.now() - place.dataset.asked) / 1000
      place.textContent = seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0)
      place.removeAttribute('data-asked')
    }
  }
  const watch = () => {
    document.querySelectorAll('[data-request]').forEach(arrive)
    tellWaited()
  }
  new MutationObserver(watch).observe(document.documentElement, {
    childList: true, subtree: true, attributeFilter: ['data-asked', 'data-request'],
  })

  return {
    WORKING,
    // Something changed: press `button` soon, if all is there. Returns what the status says.
    changed(ready, button) {
      complete = Boolean(ready)
      due = ready ? { button, since: performance.now() } : null
      schedule()
      if (ready) awaited = due.since
      else newest = performance.now()
      return (said = ready ? WORKING : note)
    },
    // A new number, for what is asked for now.
    next() {
      due = null
      said = WORKING
      return (awaited = newest = Math.max(performance.now(), newest + 0.001))
    },
    // A new number, for nothing.
    cancelled() {
      due = null
      said = CANCELLED
      return (newest = Math.max(performance.now(), newest + 0.001))
    },
    newest: () => newest,
    // Say something that was found out when the page was opened.
    say(text) { note = text },
    // A view is about to show what came.
    showing(promise) { shown = promise },
  }
})()
