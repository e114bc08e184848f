// What the page's own components leave out.

// The address of the API page opens it: Gradio would take it for open and never build it.
;(() => {
  const address = new URL(location)
  if (address.searchParams.get('view') !== 'api') return
  address.searchParams.delete('view')
  history.replaceState(history.state, '', address)
  const observer = new MutationObserver(() => {
    const button = document.querySelector('footer .show-api')
    if (!button) return
    observer.disconnect()
    button.click()
  })
  observer.observe(document.documentElement, { childList: true, subtree: true })
})()

// Labels of Gradio's own parts that no reader of screens may be given.
;(() => {
  const mend = () => {
    for (const box of document.querySelectorAll('[aria-label="Empty value"]:not([role])')) box.setAttribute('role', 'img')
    for (const box of document.querySelectorAll('.upload-container[aria-label]')) box.removeAttribute('aria-label') // its words say it
    for (const button of document.querySelectorAll('.capture-button[aria-label="capture photo"]'))
      if (button.innerText.trim()) button.removeAttribute('aria-label') // it says Stop while it records
    // A button in a link: the button alone is there to be focused and pressed.
    for (const link of document.querySelectorAll('a.download-link:not([tabindex])')) link.tabIndex = -1
    for (const icon of document.querySelectorAll('footer img:not([alt=""])')) icon.alt = '' // beside the same word
  }
  new MutationObserver(mend).observe(document.documentElement, { childList: true, subtree: true })
})()
