// Looks are kept: in the page's address, which opens the same look again, and for a reload.
ccpl.settings = (() => {
  const FILES = 'ccpl.files'
  const SAME = { __type__: 'update' }
  const slugOf = (file) => ccpl.library.styles.find(({ path }) => path === file?.path)?.slug

  // Put what differs from the defaults into the address.
  const keep = (names, content, style, second, ...values) => {
    const address = new URL(location)
    const put = (name, value) => {
      if (value === undefined || value === null || value === '') address.searchParams.delete(name)
      else address.searchParams.set(name, value)
    }
    put('style', slugOf(style))
    put('second', slugOf(second))
    names.forEach((name, place) => {
      const value = values[place]
      put(name, value === ccpl.library.look[name].start ? null : value)
    })
    history.replaceState(history.state, '', address)
    sessionStorage.setItem(FILES, JSON.stringify({ content, style, second }))
  }

  const read = (name, text) => {
    const { choices, low, high, start } = ccpl.library.look[name]
    if (choices) return choices.includes(text) ? text : undefined
    if (typeof start === 'boolean') return { true: true, false: false }[text]
    if (typeof start === 'string') return text
    const number = text.trim() === '' ? NaN : Number(text)
    return number >= (low ?? -Infinity) && number <= (high ?? Infinity) ? number : undefined
  }

  const isThere = async (file) => Boolean(file) && (await fetch(file.url, { method: 'HEAD' })).ok

  // Values for content, style, second style, the look's controls and the status.
  const restore = async (names) => {
    const asked = new URLSearchParams(location.search)
    const files = JSON.parse(sessionStorage.getItem(FILES) ?? '{}')
    const wrong = []
    const picture = async (name, file) => {
      const slug = asked.get(name)
      if (slug && !ccpl.item('styles', slug)) wrong.push(name)
      else if (slug) return ccpl.file('styles', slug)
      return (await isThere(file)) ? file : SAME
    }
    const pictures = [
      (await isThere(files.content)) ? files.content : SAME,
      await picture('style', files.style),
      await picture('second', files.second),
    ]
    const values = names.map((name) => {
      if (!asked.has(name)) return SAME
      const value = read(name, asked.get(name))
      if (value === undefined) wrong.push(name)
      return value ?? SAME
    })
    const text = `The address asks for something unknown and was followed without it: ${wrong.join(', ')}.`
    if (!wrong.length) return [...pictures, ...values, SAME]
    const status = `<p class="notice warning" role="status">${text}</p>`
    ccpl.requests.say(status)
    return [...pictures, ...values, status]
  }

  // Copy the address; tells in the status what it holds.
  const copy = async (style) => {
    const own = style && !slugOf(style)
    if (!navigator.clipboard)
      return '<p class="notice warning" role="status">Copy the address of this page: it holds the look.</p>'
    await navigator.clipboard.writeText(location.href)
    const text = own ? 'Copied a link to this look, without your own style picture.' : 'Copied a link to this look.'
    return `<p class="notice done" role="status">${text}</p>`
  }

  return { keep, restore, copy }
})()
