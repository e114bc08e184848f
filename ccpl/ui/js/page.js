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
